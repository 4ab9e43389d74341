/** Tokens of one operation: as many as it may have datums. */
export const tokensEach = 64;

/** Names the operation that a request's identity belongs to: all requests of one operation have one name. */
export function operationOf(identity: string): string {
  const [, token] = /^(?:forward|backward) (\d+)$/.exec(identity) ?? [];
  return token === undefined ? identity : `pass ${Math.floor(Number(token) / tokensEach)}`;
}
