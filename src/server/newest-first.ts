/** Sorts by the time of making, newest first; of those made in one moment, the later in the list comes first. */
export function newestFirst<A extends { readonly createdAt: string }>(things: readonly A[]): A[] {
  return [...things].reverse().sort((left, right) => Number(left.createdAt < right.createdAt) - Number(left.createdAt > right.createdAt));
}
