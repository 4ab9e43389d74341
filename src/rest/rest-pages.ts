/** One page of a listing, and how many items the whole has where the server says so. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly totalCount: number | undefined;
}

/**
 * Goes through a listing page by page, asking for each when it is needed. Every item is given once: what
 * is added meanwhile moves others to the next page. Ends after the last page, or a page without anything
 * new: some servers give the same page whatever offset they are asked for.
 */
export async function* pagesOf<Item>(
  pageSize: number,
  ask: (limit: number, offset: number) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
): AsyncGenerator<Item, void, undefined> {
  const seen = new Set<string>();
  for (let offset = 0; ; ) {
    const { items, totalCount } = await ask(pageSize, offset);
    const fresh = items.filter((item) => !seen.has(idOf(item)));
    for (const item of fresh) {
      seen.add(idOf(item));
      yield item;
    }
    offset += items.length;
    // A server may give less than asked for; then only its count tells whether that was all.
    const isLast = totalCount === undefined ? items.length < pageSize : offset >= totalCount;
    if (fresh.length === 0 || isLast) return;
  }
}
