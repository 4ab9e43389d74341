import { setTimeout as pause } from 'node:timers/promises';

/** Long enough for a request to be with the server, mostly before it is answered. */
const underwayMs = 2;

/**
 * A `fetch` at which the process may die: before a request leaves, while the server has it, and with the answer unread.
 * @param {import('./boundaries.mjs').Boundaries} boundaries
 * @returns {typeof globalThis.fetch}
 */
export function deadlyFetch(boundaries) {
  return async (input, init) => {
    const url = input instanceof globalThis.Request ? input.url : String(input);
    const endpoint = new URL(url).pathname.replace('/api/v1/', '');
    boundaries.reach(`before ${endpoint} leaves`);
    const answered = globalThis.fetch(input, init);
    const underway = `while ${endpoint} is under way`;
    if (boundaries.isLast(underway)) await pause(underwayMs);
    boundaries.reach(underway);
    const answer = await answered;
    boundaries.reach(`after ${endpoint} was answered`);
    return answer;
  };
}
