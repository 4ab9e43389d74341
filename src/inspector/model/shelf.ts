/** Things by their keys, in the order in which they came first; at most so many of them. */
export class Shelf<T extends { readonly key: string }> {
  readonly #limit: number;
  readonly #mayGo: (item: T) => boolean;
  readonly #places = new Map<string, number>();
  #items: T[] = [];
  #dropped = 0;
  #changes = 0;

  /** @param mayGo whether a thing may be let go when there are too many; the oldest of them go first */
  constructor(limit: number, mayGo: (item: T) => boolean = () => true) {
    this.#limit = limit;
    this.#mayGo = mayGo;
  }

  /** The same array until something is let go: whoever keeps what they made of it goes by the store's revision. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** How many were let go. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Grows with everything that is put here. */
  get changes(): number {
    return this.#changes;
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  /** Puts it in the place of an earlier one with its key, or last. */
  put(item: T): void {
    this.#changes += 1;
    const place = this.#places.get(item.key);
    if (place !== undefined) {
      this.#items[place] = item;
      return;
    }
    this.#places.set(item.key, this.#items.length);
    this.#items.push(item);
    if (this.#items.length > this.#limit + this.#slack) this.#letGo();
  }

  /** Letting go moves everything behind, so it is done for many at once. */
  get #slack(): number {
    return Math.floor(this.#limit / 20);
  }

  #letGo(): void {
    let excess = this.#items.length - this.#limit;
    const kept: T[] = [];
    for (const item of this.#items) {
      if (excess > 0 && this.#mayGo(item)) excess -= 1;
      else kept.push(item);
    }
    this.#dropped += this.#items.length - kept.length;
    this.#items = kept;
    this.#places.clear();
    for (const [place, item] of kept.entries()) this.#places.set(item.key, place);
  }
}
