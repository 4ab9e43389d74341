import { assign, fromPromise, sendParent, setup, type ActorRefFrom } from 'xstate';
import { TinkerError } from '../types/errors.js';
import { resendPauseMs } from './backoff.js';

/**
 * One request, sent until the server answers definitely: `sending` an attempt, `backingOff` after one
 * that failed in passing, `billingPaused` while the account is blocked. It ends `answered`, `refused`
 * (the server said no), or `uncertain`: attempts are used up, and the server may have taken it.
 * The request itself is kept outside, under `key`: every attempt sends the same bytes, and no event
 * holds more than small values.
 */
export interface RequestPolicy {
  readonly attemptTimeoutMs: number;
  /** For all attempts and pauses together, billing pauses apart; 0 means one attempt. */
  readonly deadlineMs: number;
  readonly billingDeadlineMs: number;
}

export interface RequestInput {
  /** Under which the request's body and its decoder are kept. */
  readonly key: string;
  /** Which of the parts kept under `key`, from 0. */
  readonly part: number;
  readonly kind: string;
  readonly seqId: number | undefined;
  readonly policy: RequestPolicy;
}

export interface AttemptInput {
  readonly key: string;
  readonly part: number;
  readonly kind: string;
  readonly seqId: number | undefined;
  /** Counted from 0. */
  readonly retryCount: number;
}

/** How an attempt ended. `jitter` is drawn with it, so that the machine itself decides nothing by chance. */
export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly requestId: string | undefined }
  | {
      readonly kind: 'failed';
      readonly error: TinkerError;
      readonly verdict: 'transient' | 'billing' | 'definite';
      readonly mayBeTaken: boolean;
      readonly retryAfterMs: number | undefined;
      readonly elapsedMs: number;
      readonly jitter: number;
    };
type FailedAttempt = Extract<AttemptOutcome, { kind: 'failed' }>;

export type RequestOutput =
  | { readonly status: 'answered'; readonly requestId: string | undefined }
  | { readonly status: 'refused' | 'uncertain'; readonly error: TinkerError };

/** What the parent hears when the request has ended. */
export interface RequestSettled {
  readonly type: 'request.settled';
  readonly key: string;
  readonly part: number;
  readonly output: RequestOutput;
}

export interface RequestContext extends RequestInput {
  readonly attempts: number;
  readonly spentMs: number;
  readonly billingMs: number;
  readonly pauseMs: number;
  /** Whether an attempt may have been taken although no usable answer came back. */
  readonly mayBeTaken: boolean;
  readonly error: TinkerError | undefined;
  readonly output: RequestOutput;
}

const billingPauseMs = 5_000;

const outcomeOf = ({ event }: { event: { output: AttemptOutcome } }) => ({ outcome: event.output });

const requestSetup = setup({
  types: {} as { input: RequestInput; output: RequestOutput; context: RequestContext },
  actors: {
    attempt: fromPromise<AttemptOutcome, AttemptInput>(() => Promise.reject(new Error('attempt is not provided'))),
  },
  guards: {
    'is answered': (_, params: { outcome: AttemptOutcome }) => params.outcome.kind === 'answered',
    'is transient': (_, params: { outcome: AttemptOutcome }) =>
      params.outcome.kind === 'failed' && params.outcome.verdict === 'transient',
    'is billing': (_, params: { outcome: AttemptOutcome }) =>
      params.outcome.kind === 'failed' && params.outcome.verdict === 'billing',
    'is about an earlier attempt': ({ context }, params: { outcome: AttemptOutcome }) =>
      context.mayBeTaken && params.outcome.kind === 'failed' && saysAlreadyDone(context.kind, params.outcome.error.status),
    'has time left': ({ context }) => context.spentMs < context.policy.deadlineMs,
    'has billing time left': ({ context }) => context.billingMs < context.policy.billingDeadlineMs,
    'may be taken': ({ context }) => context.mayBeTaken,
  },
  actions: {
    'count attempt': assign({ attempts: ({ context }) => context.attempts + 1 }),
    'keep receipt': assign((_, params: { outcome: AttemptOutcome }) =>
      params.outcome.kind === 'answered' ? { output: { status: 'answered', requestId: params.outcome.requestId } } : {},
    ),
    'end with failure': assign(({ context }, params: { status: 'refused' | 'uncertain' }) =>
      context.error === undefined ? {} : { output: { status: params.status, error: context.error } },
    ),
    'tell parent': sendParent(
      ({ context }): RequestSettled => ({
        type: 'request.settled',
        key: context.key,
        part: context.part,
        output: context.output,
      }),
    ),
    'keep failure': assign(({ context }, params: { outcome: AttemptOutcome }) =>
      params.outcome.kind === 'failed' ? afterFailure(context, params.outcome) : {},
    ),
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
  context: ({ input }) => ({
    ...input,
    attempts: 0,
    spentMs: 0,
    billingMs: 0,
    pauseMs: 0,
    mayBeTaken: false,
    error: undefined,
    output: { status: 'answered', requestId: undefined },
  }),
  states: {
    sending: {
      entry: 'count attempt',
      invoke: {
        id: 'attempt',
        src: 'attempt',
        input: ({ context }) => ({
          key: context.key,
          part: context.part,
          kind: context.kind,
          seqId: context.seqId,
          retryCount: context.attempts - 1,
        }),
        onDone: [
          {
            guard: { type: 'is answered', params: outcomeOf },
            actions: { type: 'keep receipt', params: outcomeOf },
            target: 'answered',
          },
          {
            guard: { type: 'is transient', params: outcomeOf },
            actions: { type: 'keep failure', params: outcomeOf },
            target: 'deciding',
          },
          {
            guard: { type: 'is billing', params: outcomeOf },
            actions: { type: 'keep failure', params: outcomeOf },
            target: 'decidingOnBilling',
          },
          {
            guard: { type: 'is about an earlier attempt', params: outcomeOf },
            actions: { type: 'keep failure', params: outcomeOf },
            target: 'uncertain',
          },
          { actions: { type: 'keep failure', params: outcomeOf }, target: 'refused' },
        ],
      },
      after: { attemptTimeout: { actions: 'keep time-out', target: 'deciding' } },
    },
    deciding: {
      always: [{ guard: 'has time left', target: 'backingOff' }, { guard: 'may be taken', target: 'uncertain' }, { target: 'refused' }],
    },
    backingOff: { entry: 'count pause', after: { pause: 'sending' } },
    decidingOnBilling: {
      always: [
        { guard: 'has billing time left', target: 'billingPaused' },
        { guard: 'may be taken', target: 'uncertain' },
        { target: 'refused' },
      ],
    },
    billingPaused: { entry: 'count billing pause', after: { billingPause: 'sending' } },
    answered: { type: 'final', entry: 'tell parent' },
    refused: {
      type: 'final',
      entry: [{ type: 'end with failure', params: { status: 'refused' } }, 'tell parent'],
    },
    uncertain: {
      type: 'final',
      entry: [{ type: 'end with failure', params: { status: 'uncertain' } }, 'tell parent'],
    },
  },
  output: ({ context }) => context.output,
});
export type RequestActor = ActorRefFrom<typeof requestMachine>;

function timedOut({ kind, policy }: RequestContext): FailedAttempt {
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

function afterFailure(context: RequestContext, failed: FailedAttempt): Partial<RequestContext> {
  const spentMs = context.spentMs + failed.elapsedMs;
  const left = Math.max(0, context.policy.deadlineMs - spentMs);
  return {
    spentMs,
    // The last pause is cut short, so that one more attempt is made when the time is up.
    pauseMs: Math.min(left, resendPauseMs(context.attempts, failed.jitter, failed.retryAfterMs)),
    mayBeTaken: context.mayBeTaken || failed.mayBeTaken,
    error: failed.error.with({ attempts: context.attempts, elapsedMs: Math.round(spentMs), seqId: context.seqId }),
  };
}

/**
 * Whether a refusal says that the request was done before: "the name exists", "number used twice", or
 * "a load must be the first request". After an attempt without an answer that is no refusal.
 */
function saysAlreadyDone(kind: string, status: number | undefined): boolean {
  return status === 409 || (status === 400 && kind === 'loadState');
}
