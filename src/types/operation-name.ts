/** An operation as messages call it: most ids begin with the kind, which is not said twice. */
export function operationName(kind: string, id: string): string {
  return id.startsWith(`${kind}-`) ? id : `${kind} ${id}`;
}
