/** A value as a caller without a compiler may pass it, from its JSON. */
export function untyped<A>(json: string): A {
  const value: A = JSON.parse(json);
  return value;
}
