import type { StopReason } from '../types/sampling.js';

/** What fills up a row of top log-probabilities that has fewer than the others (wire protocol §5.5). */
export const unused = { token: 0, logprob: -99999 } as const;

/** Stop reasons by their numbers on the wire (wire protocol §5.1). */
export const stopReasons: readonly StopReason[] = ['stop', 'length'];
