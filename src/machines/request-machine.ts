import { assign, fromPromise, sendParent, setup, type ActorLogic, type AnyEventObject, type SnapshotFrom } from 'xstate';
import { TinkerError } from '../types/errors.js';
import { resendPauseMs } from './backoff.js';
import type { FirstTask } from './first-task.js';
import type { AttemptInput, AttemptOutcome, FailedAttempt, RequestInput, RequestOutput, RequestPaused, RequestSettled, TurnInput } from './request-messages.js';
import type { StopSignal } from '../types/stop.js';
import { inVain, type WaitFacts } from '../types/wait-facts.js';

/**
 * One request, sent until the server answers definitely: `sending` an attempt, `waiting` for its turn on
 * our side, for as long as that takes, `backingOff` after an attempt that failed in passing,
 * `billingPaused` while the account is blocked. It ends `answered`, `refused` (the server said no), or
 * `uncertain`: attempts are used up, and the server may have taken it. There it rests until its parent,
 * which has been told, stops it. None of these states is final: xstate would tell the parent once more, in an
 * event whose type holds the request's name, and remembers all types of events for ever.
 * The request itself is kept outside, under `key`: every attempt sends the same bytes, and no event
 * holds more than small values.
 */
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

const billingPauseMs = 5_000;

const outcomeOf = ({ event }: { event: { output: AttemptOutcome } }) => ({ outcome: event.output });

const requestSetup = setup({
  types: {} as { input: RequestInput; context: RequestContext },
  actors: {
    attempt: fromPromise<AttemptOutcome, AttemptInput>(() => Promise.reject(new Error('attempt is not provided'))),
    turn: fromPromise<undefined, TurnInput>(() => Promise.reject(new Error('turn is not provided'))),
  },
  guards: {
    'is answered': (_, { outcome }: { outcome: AttemptOutcome }) => outcome.kind === 'answered',
    'is held': (_, { outcome }: { outcome: AttemptOutcome }) => outcome.kind === 'held',
    'is transient': (_, { outcome }: { outcome: AttemptOutcome }) => outcome.kind === 'failed' && outcome.verdict === 'transient',
    'is billing': (_, { outcome }: { outcome: AttemptOutcome }) => outcome.kind === 'failed' && outcome.verdict === 'billing',
    'has time left': ({ context }) => hasTimeLeft(context),
    'has billing time left': ({ context }) => context.billingMs < context.policy.billingDeadlineMs,
    'is uncertain': ({ context }) => context.output.status === 'uncertain',
  },
  actions: {
    'count attempt': assign({ attempts: ({ context }) => context.attempts + 1 }),
    'keep outcome': assign(({ context }, { outcome }: { outcome: AttemptOutcome }) => afterAttempt(context, outcome)),
    'tell parent': sendParent(({ context }) => settled(context)),
    'tell pause': sendParent(({ context }, { queueState }: Pick<RequestPaused, 'queueState'>): RequestPaused => ({
      type: 'request.paused',
      key: context.key,
      queueState,
      reason: queueState === undefined ? undefined : context.output.error?.message,
    })),
    'keep time-out': assign(({ context }) => afterFailure(context, timedOut(context))),
    'count pause': assign({ spentMs: ({ context }) => context.spentMs + context.pauseMs }),
    'count billing pause': assign({ billingMs: ({ context }) => context.billingMs + billingPauseMs }),
  },
  delays: {
    attemptTimeout: ({ context }) => context.policy.attemptTimeoutMs,
    pause: ({ context }) => context.pauseMs,
    billingPause: billingPauseMs,
  },
});

export const requestMachine = requestSetup.createMachine({
  id: 'request',
  initial: 'sending',
  context: ({ input }) => unsent(input),
  states: {
    sending: {
      entry: 'count attempt',
      invoke: {
        id: 'attempt',
        src: 'attempt',
        input: ({ context }) => attemptInput(context),
        onDone: [
          {
            guard: { type: 'is answered', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'answered',
          },
          {
            guard: { type: 'is transient', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'deciding',
          },
          {
            guard: { type: 'is billing', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'decidingOnBilling',
          },
          {
            guard: { type: 'is held', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'waiting',
          },
          { actions: { type: 'keep outcome', params: outcomeOf }, target: 'ending' },
        ],
      },
      after: { attemptTimeout: { actions: 'keep time-out', target: 'deciding' } },
    },
    waiting: {
      invoke: { id: 'turn', src: 'turn', input: ({ context: { key, part } }) => ({ key, part }), onDone: 'sending' },
    },
    deciding: { always: [{ guard: 'has time left', target: 'backingOff' }, { target: 'ending' }] },
    backingOff: { entry: 'count pause', after: { pause: 'sending' } },
    decidingOnBilling: { always: [{ guard: 'has billing time left', target: 'billingPaused' }, { target: 'ending' }] },
    billingPaused: {
      entry: ['count billing pause', { type: 'tell pause', params: { queueState: 'paused_billing' } }],
      exit: { type: 'tell pause', params: { queueState: undefined } },
      after: { billingPause: 'sending' },
    },
    ending: { always: [{ guard: 'is uncertain', target: 'uncertain' }, { target: 'refused' }] },
    answered: { entry: 'tell parent' },
    refused: { entry: 'tell parent' },
    uncertain: { entry: 'tell parent' },
  },
});

/** The machine, whoever makes its first attempt. */
export type RequestLogic = ActorLogic<SnapshotFrom<typeof requestMachine>, AnyEventObject, RequestInput>;

/** The first attempt, made beside the machine. */
export function firstAttempt(
  attempt: (input: AttemptInput, signal: StopSignal) => Promise<AttemptOutcome>,
): FirstTask<RequestInput, RequestContext, AttemptOutcome> {
  return {
    state: 'sending',
    id: 'attempt',
    context: (input) => unsent(input, 1),
    run: (context, signal) => attempt(attemptInput(context), signal),
    limitMs: ({ policy }) => policy.attemptTimeoutMs,
    timedOut,
    end: (before, outcome) => {
      if (outcome.kind !== 'answered') return undefined;
      const context = { ...before, ...afterAttempt(before, outcome) };
      return { state: 'answered', context, told: settled(context) };
    },
  };
}

function settled({ key, part, output }: RequestContext): RequestSettled {
  return { type: 'request.settled', key, part, output };
}

function attemptInput({ key, part, kind, seqId, attempts }: RequestContext): AttemptInput {
  return { key, part, kind, seqId, retryCount: attempts - 1 };
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
function afterAttempt(context: RequestContext, outcome: AttemptOutcome): Partial<RequestContext> {
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
  const isBilling = failed.verdict === 'billing';
  const spentMs = context.spentMs + (isBilling ? 0 : failed.elapsedMs);
  const billingMs = context.billingMs + (isBilling ? failed.elapsedMs : 0);
  const failuresInARow = isBilling ? 0 : context.failuresInARow + 1;
  const left = Math.max(0, context.policy.deadlineMs - spentMs);
  const facts = { attempts: context.attempts, elapsedMs: Math.round(spentMs + billingMs), seqId: context.seqId };
  return {
    spentMs,
    billingMs,
    failuresInARow,
    // The last pause is cut short, so that one more attempt is made when the time is up.
    pauseMs: Math.min(left, resendPauseMs(failuresInARow, failed.jitter, failed.retryAfterMs)),
    mayBeTaken: context.mayBeTaken || failed.mayBeTaken,
    output: {
      status: leavesDoubt(context, failed) ? 'uncertain' : 'refused',
      error: failed.error.kind === 'timeout' ? silence(context, failed.error, facts) : failed.error.with(facts),
    },
  };
}

function silence({ kind, output }: RequestContext, error: TinkerError, facts: WaitFacts): TinkerError {
  const all = { ...facts, operation: kind, status: output.error?.status };
  return inVain(error, all, `That took ${String(facts.elapsedMs)} ms in all. Is the server running and reachable?`);
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
