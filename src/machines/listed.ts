/** What is there, as a list: where nothing is, a loop over it does nothing. */
export function listed<A>(value: A | undefined): readonly A[] {
  return value === undefined ? [] : [value];
}
