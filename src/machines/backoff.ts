const firstMs = 500;
const longestMs = 10_000;
const longestUnreachableMs = 30_000;
const pollFloorMs = 20;
const longestPollFloorMs = 1_000;
const jitterShare = 0.25;

/**
 * Pause before a request is sent again: 0.5 s, doubling to 10 s, less up to a quarter, or what the
 * server asked for (wire protocol §1.11).
 * @param failures attempts that failed in a row, from 1
 * @param jitter uniform in [0, 1)
 */
export function resendPauseMs(failures: number, jitter: number, askedMs?: number): number {
  return askedMs ?? lessJitter(Math.min(firstMs * 2 ** (failures - 1), longestMs), jitter);
}

/**
 * Pause before a result is asked for again after a poll that got no answer: as above, but up to
 * 30 s (wire protocol §3.3).
 */
export function unreachablePauseMs(failures: number, jitter: number, askedMs?: number): number {
  return askedMs ?? lessJitter(Math.min(firstMs * 2 ** (failures - 1), longestUnreachableMs), jitter);
}

/**
 * Pause after the server said "not yet". A server that holds polls open makes this rare; one that
 * answers at once would otherwise be asked hundreds of times a second.
 * @param answers how many times in a row it said so, from 1
 */
export function notYetPauseMs(answers: number): number {
  return Math.min(pollFloorMs * 2 ** (answers - 1), longestPollFloorMs);
}

function lessJitter(ms: number, jitter: number): number {
  return ms * (1 - jitterShare * jitter);
}
