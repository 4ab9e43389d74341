/** How long silence lasts before a connection counts as broken: the program speaks every five seconds. */
export const silenceMs = 20_000;

/** How long to wait before the next attempt to connect: 1, 2, 4, 8, then 10 seconds. */
export function retryDelay(attempts: number): number {
  return Math.min(10_000, 1000 * 2 ** Math.min(attempts - 1, 10));
}
