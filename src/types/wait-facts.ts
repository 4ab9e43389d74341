import type { TinkerError, TinkerErrorDetails } from './errors.js';

/** How far something is that is waited for. Every field is absent when not known. */
export type WaitFacts = Pick<TinkerErrorDetails, 'operation' | 'seqId' | 'requestId' | 'status' | 'attempts' | 'polls' | 'queueState' | 'queueStateReason' | 'elapsedMs'>;

/** The same in words, such as `3 attempts`, `last answer 503`, `server queue paused_capacity (full)`. */
export function factsInWords({ attempts, polls, status, queueState, queueStateReason }: WaitFacts): readonly string[] {
  const reason = queueStateReason === undefined ? '' : ` (${queueStateReason})`;
  return [
    ...counted(attempts, 'attempt'),
    ...counted(polls, 'poll'),
    ...(status === undefined ? [] : [`last answer ${status}`]),
    ...(queueState === undefined ? [] : [`server queue ${queueState}${reason}`]),
  ];
}

function counted(count: number | undefined, what: string): readonly string[] {
  if (count === undefined) return [];
  return [count === 1 ? `1 ${what}` : `${count} ${what}s`];
}

/** An error of a wait that was in vain, with how far it was and what to do next. */
export function inVain(error: TinkerError, facts: WaitFacts, next: string): TinkerError {
  const words = factsInWords(facts);
  const known = words.length === 0 ? '' : ` (${words.join(', ')})`;
  return error.with(facts, `${error.message}${known}. ${next}`);
}
