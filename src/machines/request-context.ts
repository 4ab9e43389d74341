import { TinkerError } from '../types/errors.js';
import { inVain, type WaitFacts } from '../types/wait-facts.js';
import { resendPauseMs } from './backoff.js';
import type { AttemptOutcome, FailedAttempt, RequestInput, RequestOutput } from './request-messages.js';

/** What a request knows of itself. */
export interface RequestContext extends RequestInput {
  readonly attempts: number;
  /** Attempts without a break that failed in passing; the pauses grow with it. */
  readonly failuresInARow: number;
  /** Attempts and pauses so far, as far as the deadline counts them. */
  readonly spentMs: number;
  /** Attempts and pauses so far that the billing deadline counts. */
  readonly billingMs: number;
  readonly pauseMs: number;
  /** Whether an attempt may have been taken although no usable answer came back. */
  readonly mayBeTaken: boolean;
  /** What is reported if the request ends here. */
  readonly output: RequestOutput;
}

/** A request before its first attempt. Its fields are named one by one: to add some to others that are spread takes Node 20 a thousand times as long. */
export function unsent({ key, part, kind, seqId, policy, mayBeTaken = false }: RequestInput, attempts = 0): RequestContext {
  return {
    key,
    part,
    kind,
    seqId,
    policy,
    attempts,
    failuresInARow: 0,
    spentMs: 0,
    billingMs: 0,
    pauseMs: 0,
    mayBeTaken,
    output: { status: 'answered', requestId: undefined },
  };
}

/** An attempt that went unanswered for as long as one may. */
export function timedOut({ kind, policy }: RequestInput): FailedAttempt {
  const timeoutMs = policy.attemptTimeoutMs;
  return {
    kind: 'failed',
    error: new TinkerError('timeout', `${kind}: no answer from the server within ${timeoutMs} ms`, { retriable: true }),
    verdict: 'transient',
    mayBeTaken: true,
    retryAfterMs: undefined,
    elapsedMs: timeoutMs,
    jitter: 0,
  };
}

/** Whether there is time for another attempt. */
export function hasTimeLeft({ spentMs, policy }: RequestContext): boolean {
  return spentMs < policy.deadlineMs;
}

/** What an attempt has taught. */
export function afterAttempt(context: RequestContext, outcome: AttemptOutcome): Partial<RequestContext> {
  switch (outcome.kind) {
    case 'answered':
      return { output: { status: 'answered', requestId: outcome.requestId } };
    case 'held':
      // It was none.
      return { attempts: context.attempts - 1 };
    case 'failed':
      return afterFailure(context, outcome);
  }
}

/** What a failed attempt has taught. */
export function afterFailure(context: RequestContext, failed: FailedAttempt): Partial<RequestContext> {
  const { spentMs, billingMs } = spentAfter(context, failed);
  const failuresInARow = failed.verdict === 'billing' ? 0 : context.failuresInARow + 1;
  const left = Math.max(0, context.policy.deadlineMs - spentMs);
  return {
    spentMs,
    billingMs,
    failuresInARow,
    // The last pause is cut short, so that one more attempt is made when the time is up.
    pauseMs: Math.min(left, resendPauseMs(failuresInARow, failed.jitter, failed.retryAfterMs)),
    mayBeTaken: context.mayBeTaken || failed.mayBeTaken,
    output: { status: leavesDoubt(context, failed) ? 'uncertain' : 'refused', error: failureOf(context, failed) },
  };
}

function spentAfter({ spentMs, billingMs }: RequestContext, { verdict, elapsedMs }: FailedAttempt): Pick<RequestContext, 'spentMs' | 'billingMs'> {
  return verdict === 'billing' ? { spentMs, billingMs: billingMs + elapsedMs } : { spentMs: spentMs + elapsedMs, billingMs };
}

/** The error of a request that ends with this attempt: how often it was sent, how long that took, and of a silence what came before it. */
export function failureOf(context: RequestContext, failed: FailedAttempt): TinkerError {
  const { spentMs, billingMs } = spentAfter(context, failed);
  const elapsedMs = Math.round(spentMs + billingMs);
  const { kind, seqId, attempts } = context;
  if (failed.error.kind !== 'timeout') return failed.error.with({ attempts, elapsedMs, seqId });
  const facts = { ...requestFacts(context), operation: kind, elapsedMs, seqId };
  return inVain(failed.error, facts, `That took ${elapsedMs} ms in all. Is the server running and reachable?`);
}

/** How far a request is that has no answer yet. */
export function requestFacts({ attempts, output }: RequestContext): WaitFacts {
  return { attempts, status: output.error?.status };
}

/**
 * Whether the server may have taken the request, should it end with this failure. After an attempt that may have been
 * taken, no refusal says that it was not: the server may mean that the request was done before ("the name exists",
 * "number used twice", "a load must be the first request"), and whatever stands between may answer in its place, in a
 * restart for example. That the session is gone says more: what was taken in it is gone as well.
 */
function leavesDoubt({ mayBeTaken }: RequestContext, failed: FailedAttempt): boolean {
  return failed.mayBeTaken || (mayBeTaken && failed.error.kind !== 'sessionLost');
}

/** What the answer to an operation is when it names no request: nobody can ask for the result then. */
export function noReceipt(): TinkerError {
  return new TinkerError('malformedResponse', 'the server took the request without saying under which id');
}
