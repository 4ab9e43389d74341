import { assign, fromPromise, sendParent, setup, type ActorLogic, type AnyEventObject, type SnapshotFrom } from 'xstate';
import type { FirstTask } from './first-task.js';
import {
  afterPoll,
  afterReservationFailure,
  afterTimeout,
  billingPauseMs,
  hasBillingTimeLeft,
  hasTimeLeft,
  isWorthAskingAgain,
  timedOutPoll,
  unasked,
  type FutureContext,
} from './future-context.js';
import type {
  FutureInput,
  FutureQueueState,
  FutureSettled,
  PollInput,
  PollOutcome,
  ReserveInput,
} from './future-messages.js';
import type { StopSignal } from '../types/stop.js';

const outcomeOf = ({ event }: { event: { output: PollOutcome } }) => ({ outcome: event.output });
const thrownOf = ({ event }: { event: { error: unknown } }) => ({ thrown: event.error });

const futureSetup = setup({
  types: {} as { input: FutureInput; context: FutureContext },
  actors: {
    poll: fromPromise<PollOutcome, PollInput>(() => Promise.reject(new Error('poll is not provided'))),
    reserve: fromPromise<undefined, ReserveInput>(() => Promise.reject(new Error('reserve is not provided'))),
  },
  guards: {
    'is ready': (_, { outcome }: { outcome: PollOutcome }) => outcome.kind === 'ready',
    'is pending': (_, { outcome }: { outcome: PollOutcome }) => outcome.kind === 'pending',
    'is announced for the first time': ({ context }, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'announced' && context.allowMetadataOnly,
    'is unreachable': (_, { outcome }: { outcome: PollOutcome }) => outcome.kind === 'unreachable',
    'is blocked by billing': (_, { outcome }: { outcome: PollOutcome }) => outcome.kind === 'billing',
    'is worth asking again': ({ context }, { outcome }: { outcome: PollOutcome }) =>
      isWorthAskingAgain(context, outcome),
    'has time left': ({ context }) => hasTimeLeft(context),
    'has billing time left': ({ context }) => hasBillingTimeLeft(context),
  },
  actions: {
    'count poll': assign({ polls: ({ context }) => context.polls + 1 }),
    'keep outcome': assign(({ context }, { outcome }: { outcome: PollOutcome }) => afterPoll(context, outcome)),
    'keep time-out': assign(({ context }) => afterTimeout(context)),
    'keep reservation failure': assign((_, { thrown }: { thrown: unknown }) => afterReservationFailure(thrown)),
    'count pause': assign({ unreachableMs: ({ context }) => context.unreachableMs + context.pauseMs }),
    'count billing pause': assign({ billingMs: ({ context }) => context.billingMs + billingPauseMs }),
    'tell queue state': sendParent(
      ({ context }): FutureQueueState => ({
        type: 'future.queueState',
        key: context.key,
        queueState: context.queueState,
        reason: context.reason,
      }),
    ),
    'tell parent': sendParent(({ context }) => settled(context)),
  },
  delays: {
    pollTimeout: ({ context }) => context.policy.pollTimeoutMs,
    pause: ({ context }) => context.pauseMs,
    billingPause: billingPauseMs,
  },
});

/**
 * One accepted request, asked for until its result is there: `asking` the server, `notReady` when it
 * says so, `backingOff` when it cannot be reached, `doubting` an answer that a proxy or a restart
 * explains, `billingPaused` while the account is blocked, `reserving` room for a large result. It ends
 * `done` or `failed`, and rests there until its parent stops it: like the request machine, and for the same
 * reason, it has no final state. The result itself is delivered outside, under `key` and `part`.
 */
export const futureMachine = futureSetup.createMachine({
  id: 'future',
  initial: 'asking',
  context: ({ input }) => unasked(input),
  states: {
    asking: {
      entry: 'count poll',
      invoke: {
        id: 'poll',
        src: 'poll',
        input: ({ context }) => pollInput(context),
        onDone: [
          {
            guard: { type: 'is ready', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'done',
          },
          {
            guard: { type: 'is pending', params: outcomeOf },
            actions: [{ type: 'keep outcome', params: outcomeOf }, 'tell queue state'],
            target: 'notReady',
          },
          {
            guard: { type: 'is announced for the first time', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'reserving',
          },
          {
            guard: { type: 'is unreachable', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'deciding',
          },
          {
            guard: { type: 'is blocked by billing', params: outcomeOf },
            actions: [{ type: 'keep outcome', params: outcomeOf }, 'tell queue state'],
            target: 'decidingOnBilling',
          },
          {
            guard: { type: 'is worth asking again', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'doubting',
          },
          { actions: { type: 'keep outcome', params: outcomeOf }, target: 'failed' },
        ],
      },
      after: { pollTimeout: { actions: 'keep time-out', target: 'deciding' } },
    },
    notReady: { after: { pause: 'asking' } },
    reserving: {
      invoke: {
        id: 'reserve',
        src: 'reserve',
        input: ({ context }) => ({ key: context.key, part: context.part, bytes: context.announcedBytes }),
        onDone: 'asking',
        onError: { actions: { type: 'keep reservation failure', params: thrownOf }, target: 'failed' },
      },
    },
    deciding: { always: [{ guard: 'has time left', target: 'backingOff' }, { target: 'failed' }] },
    backingOff: { entry: 'count pause', after: { pause: 'asking' } },
    doubting: { after: { pause: 'asking' } },
    decidingOnBilling: { always: [{ guard: 'has billing time left', target: 'billingPaused' }, { target: 'failed' }] },
    billingPaused: { entry: 'count billing pause', after: { billingPause: 'asking' } },
    done: { entry: 'tell parent' },
    failed: { entry: 'tell parent' },
  },
});

/** The machine, whoever makes its first poll. */
export type FutureLogic = ActorLogic<SnapshotFrom<typeof futureMachine>, AnyEventObject, FutureInput>;

/** The first poll, made beside the machine. */
export function firstPoll(poll: (input: PollInput, signal: StopSignal) => Promise<PollOutcome>): FirstTask<FutureInput, FutureContext, PollOutcome> {
  return {
    state: 'asking',
    id: 'poll',
    context: (input) => unasked(input, 1),
    run: (context, signal) => poll(pollInput(context), signal),
    limitMs: ({ policy }) => policy.pollTimeoutMs,
    timedOut: timedOutPoll,
    end: (before, outcome) => {
      if (outcome.kind !== 'ready') return undefined;
      const context = { ...before, ...afterPoll(before, outcome) };
      return { state: 'done', context, told: settled(context) };
    },
  };
}

function settled({ key, part, output }: FutureContext): FutureSettled {
  return { type: 'future.settled', key, part, output };
}

function pollInput({ key, part, requestId, polls, allowMetadataOnly }: FutureContext): PollInput {
  return { key, part, requestId, iteration: polls - 1, allowMetadataOnly };
}
