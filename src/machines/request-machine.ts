import { assign, fromPromise, sendParent, setup, type ActorLogic, type AnyEventObject, type SnapshotFrom } from 'xstate';
import type { FirstTask } from './first-task.js';
import { afterAttempt, afterFailure, hasTimeLeft, timedOut, unsent, type RequestContext } from './request-context.js';
import type { AttemptInput, AttemptOutcome, RequestInput, RequestPaused, RequestSettled, TurnInput } from './request-messages.js';
import type { StopSignal } from '../types/stop.js';

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
