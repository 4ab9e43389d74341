import { TinkerError } from '../types/errors.js';
import { notYetPauseMs, unreachablePauseMs } from './backoff.js';
import { inVain, type WaitFacts } from '../types/wait-facts.js';
import type { FutureInput, FutureOutput, PollOf, PollOutcome } from './future-messages.js';

/** What the wait for a result knows. */
export interface FutureContext extends FutureInput {
  readonly polls: number;
  readonly allowMetadataOnly: boolean;
  readonly announcedBytes: number;
  readonly notReadyInARow: number;
  readonly unreachableInARow: number;
  /** Polls and pauses since the server last gave an answer. */
  readonly unreachableMs: number;
  /** Doubtful answers since the server last said "not yet". */
  readonly doubts: number;
  /** Whether any poll so far went unanswered: then an unknown id may be the restart's doing. */
  readonly wasUnreachable: boolean;
  /** Pauses since the server last said "not yet". */
  readonly billingMs: number;
  readonly pauseMs: number;
  readonly queueState: string | undefined;
  readonly reason: string | undefined;
  /** HTTP status of the last answer; undefined before there is one. */
  readonly lastStatus: number | undefined;
  /** What is reported if the wait ends here. */
  readonly output: FutureOutput;
}

/** Pause before a poll while the account is blocked (wire protocol §3.7). */
export const billingPauseMs = 5_000;
const mostDoubts = 3;
const billingState = 'paused_billing';
/** Of an answer that is no failure. */
const answered = 200;
const reached = { unreachableInARow: 0, unreachableMs: 0 } as const;

/** A result before it is asked for. Its fields are named one by one: to add some to others that are spread takes Node 20 a thousand times as long. */
export function unasked({ key, part, kind, seqId, requestId, policy }: FutureInput, polls = 0): FutureContext {
  return {
    key,
    part,
    kind,
    seqId,
    requestId,
    policy,
    polls,
    allowMetadataOnly: true,
    announcedBytes: 0,
    notReadyInARow: 0,
    unreachableInARow: 0,
    unreachableMs: 0,
    doubts: 0,
    wasUnreachable: false,
    billingMs: 0,
    pauseMs: 0,
    queueState: undefined,
    reason: undefined,
    lastStatus: undefined,
    output: { status: 'done', downloadMs: 0 },
  };
}

/** Whether an answer that a proxy or a restart explains is worth another poll. */
export function isWorthAskingAgain({ doubts, wasUnreachable }: FutureContext, outcome: PollOutcome): boolean {
  return outcome.kind === 'doubtful' && doubts < mostDoubts && (outcome.error.status !== 404 || wasUnreachable);
}

/** Whether a server that is out of reach is asked again. */
export function hasTimeLeft({ unreachableMs, policy }: FutureContext): boolean {
  return unreachableMs < policy.unreachableDeadlineMs;
}

/** Whether the account is waited for any longer. */
export function hasBillingTimeLeft({ billingMs, policy }: FutureContext): boolean {
  return billingMs < policy.billingDeadlineMs;
}

/** What a poll has taught. */
export function afterPoll(context: FutureContext, outcome: PollOutcome): Partial<FutureContext> {
  switch (outcome.kind) {
    case 'ready':
      return { output: { status: 'done', downloadMs: outcome.downloadMs } };
    case 'pending':
      return afterNotReady(context, outcome);
    case 'announced':
      // That it says so again is reported only where the announcement was not the first.
      return {
        ...reached,
        announcedBytes: outcome.bytes,
        lastStatus: answered,
        allowMetadataOnly: false,
        output: { status: 'failed', error: announcedAgain() },
      };
    case 'unreachable':
      return afterUnreachable(context, outcome);
    case 'billing':
      return afterBilling(context, outcome);
    case 'doubtful':
      return {
        doubts: context.doubts + 1,
        pauseMs: unreachablePauseMs(context.doubts + 1, outcome.jitter),
        lastStatus: outcome.error.status,
        output: { status: 'failed', error: outcome.error },
      };
    case 'failed':
      return { output: { status: 'failed', error: outcome.error } };
  }
}

/** What a poll that went unanswered for as long as one may has taught. */
export function afterTimeout(context: FutureContext): Partial<FutureContext> {
  return afterUnreachable(context, timedOutPoll(context));
}

/** A poll that went unanswered for as long as one may. */
export function timedOutPoll({ kind, policy: { pollTimeoutMs } }: FutureInput): PollOf<'unreachable'> {
  const error = new TinkerError('timeout', `${kind}: no answer to a poll within ${pollTimeoutMs} ms`, { retriable: true });
  return { kind: 'unreachable', error, retryAfterMs: undefined, elapsedMs: pollTimeoutMs, jitter: 0 };
}

/** There is no room for the result that the server announced, and there will be none. */
export function afterReservationFailure(thrown: unknown): Partial<FutureContext> {
  const error = new TinkerError('cancelled', 'the wait for room for a large result was given up', { cause: thrown });
  return { output: { status: 'failed', error } };
}

/** The server is there and has the operation: all that counts its silences starts anew. */
function afterNotReady(context: FutureContext, said: PollOf<'pending'>): Partial<FutureContext> {
  const notReadyInARow = context.notReadyInARow + 1;
  return {
    notReadyInARow,
    ...reached,
    billingMs: 0,
    doubts: 0,
    pauseMs: notYetPauseMs(notReadyInARow),
    queueState: said.queueState,
    reason: said.reason,
    lastStatus: answered,
  };
}

function afterUnreachable(context: FutureContext, failed: PollOf<'unreachable'>): Partial<FutureContext> {
  const unreachableInARow = context.unreachableInARow + 1;
  const unreachableMs = context.unreachableMs + failed.elapsedMs;
  const left = Math.max(0, context.policy.unreachableDeadlineMs - unreachableMs);
  const lastStatus = failed.error.status ?? context.lastStatus;
  const error = failed.error.with({ attempts: unreachableInARow, elapsedMs: Math.round(unreachableMs) });
  return {
    unreachableInARow,
    unreachableMs,
    // The last pause is cut short, so that one more poll is made when the time is up.
    pauseMs: Math.min(left, unreachablePauseMs(unreachableInARow, failed.jitter, failed.retryAfterMs)),
    notReadyInARow: 0,
    wasUnreachable: true,
    lastStatus,
    output: { status: 'failed', error: error.kind === 'timeout' ? silence(context, error, lastStatus) : error },
  };
}

/** How far the wait for a result is. */
export function futureFacts({ seqId, requestId, polls, queueState, reason, lastStatus }: FutureContext): WaitFacts {
  return { seqId, requestId, polls, status: lastStatus, queueState, queueStateReason: reason };
}

function silence(context: FutureContext, error: TinkerError, status: number | undefined): TinkerError {
  const facts = { ...futureFacts(context), operation: context.kind, status };
  return inVain(error, facts, `Nothing was heard for ${String(error.elapsedMs)} ms. Is the server reachable? It may finish the operation all the same`);
}

function afterBilling({ billingMs }: FutureContext, { error }: PollOf<'billing'>): Partial<FutureContext> {
  return {
    ...reached,
    queueState: billingState,
    reason: error.message,
    output: { status: 'failed', error: error.with({ queueState: billingState, elapsedMs: billingMs }) },
  };
}

function announcedAgain(): TinkerError {
  return new TinkerError('malformedResponse', 'the server announced a large result again instead of sending it');
}
