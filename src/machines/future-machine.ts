import { assign, fromPromise, sendParent, setup, type ActorRefFrom } from 'xstate';
import { TinkerError } from '../types/errors.js';
import { notYetPauseMs, unreachablePauseMs } from './backoff.js';
import type {
  FutureInput,
  FutureOutput,
  FutureQueueState,
  FutureSettled,
  PollInput,
  PollOf,
  PollOutcome,
  ReserveInput,
} from './future-messages.js';

/**
 * One accepted request, asked for until its result is there: `asking` the server, `notReady` when it
 * says so, `backingOff` when it cannot be reached, `doubting` an answer that a proxy or a restart
 * explains, `billingPaused` while the account is blocked, `reserving` room for a large result. It ends
 * `done` or `failed`. The result itself is delivered outside, under `key` and `part`.
 */
export interface FutureContext extends FutureInput {
  readonly polls: number;
  readonly allowMetadataOnly: boolean;
  readonly announcedBytes: number;
  readonly notReadyInARow: number;
  readonly unreachableInARow: number;
  readonly unreachableMs: number;
  readonly doubts: number;
  /** Whether any poll so far went unanswered: then an unknown id may be the restart's doing. */
  readonly wasUnreachable: boolean;
  readonly billingMs: number;
  readonly pauseMs: number;
  readonly queueState: string | undefined;
  readonly reason: string | undefined;
  readonly error: TinkerError | undefined;
  readonly output: FutureOutput;
}

const billingPauseMs = 5_000;
const mostDoubts = 3;
const billingState = 'paused_billing';

const outcomeOf = ({ event }: { event: { output: PollOutcome } }) => ({ outcome: event.output });
const thrownOf = ({ event }: { event: { error: unknown } }) => ({ thrown: event.error });

const futureSetup = setup({
  types: {} as { input: FutureInput; output: FutureOutput; context: FutureContext },
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
      outcome.kind === 'doubtful' &&
      context.doubts < mostDoubts &&
      (outcome.error.status !== 404 || context.wasUnreachable),
    'has time left': ({ context }) => context.unreachableMs < context.policy.unreachableDeadlineMs,
    'has billing time left': ({ context }) => context.billingMs < context.policy.billingDeadlineMs,
  },
  actions: {
    'count poll': assign({ polls: ({ context }) => context.polls + 1 }),
    'keep result': assign((_, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'ready' ? { output: { status: 'done', downloadMs: outcome.downloadMs } } : {},
    ),
    'keep queue state': assign(({ context }, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'pending' ? afterNotReady(context, outcome) : {},
    ),
    'keep announcement': assign((_, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'announced' ? { announcedBytes: outcome.bytes, allowMetadataOnly: false } : {},
    ),
    'keep unreachable': assign(({ context }, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'unreachable' ? afterUnreachable(context, outcome) : {},
    ),
    'keep time-out': assign(({ context }) => afterUnreachable(context, timedOut(context))),
    'keep billing': assign(({ context }, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'billing'
        ? { error: outcome.error, billingMs: context.billingMs + billingPauseMs, queueState: billingState, reason: outcome.error.message }
        : {},
    ),
    'keep doubt': assign(({ context }, { outcome }: { outcome: PollOutcome }) =>
      outcome.kind === 'doubtful'
        ? { doubts: context.doubts + 1, pauseMs: unreachablePauseMs(context.doubts + 1, outcome.jitter) }
        : {},
    ),
    'keep failure': assign((_, { outcome }: { outcome: PollOutcome }) => ({ error: failureOf(outcome) })),
    'keep reservation failure': assign((_, { thrown }: { thrown: unknown }) => ({
      error: new TinkerError('cancelled', 'the wait for room for a large result was given up', { cause: thrown }),
    })),
    'end with failure': assign(({ context }) =>
      context.error === undefined ? {} : { output: { status: 'failed', error: context.error } },
    ),
    'tell queue state': sendParent(
      ({ context }): FutureQueueState => ({
        type: 'future.queueState',
        key: context.key,
        queueState: context.queueState,
        reason: context.reason,
      }),
    ),
    'tell parent': sendParent(
      ({ context }): FutureSettled => ({
        type: 'future.settled',
        key: context.key,
        part: context.part,
        output: context.output,
      }),
    ),
  },
  delays: {
    pollTimeout: ({ context }) => context.policy.pollTimeoutMs,
    pause: ({ context }) => context.pauseMs,
    billingPause: billingPauseMs,
  },
});

export const futureMachine = futureSetup.createMachine({
  id: 'future',
  initial: 'asking',
  context: ({ input }) => ({
    ...input,
    polls: 0,
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
    error: undefined,
    output: { status: 'done', downloadMs: 0 },
  }),
  states: {
    asking: {
      entry: 'count poll',
      invoke: {
        id: 'poll',
        src: 'poll',
        input: ({ context }) => ({
          key: context.key,
          part: context.part,
          requestId: context.requestId,
          iteration: context.polls - 1,
          allowMetadataOnly: context.allowMetadataOnly,
        }),
        onDone: [
          {
            guard: { type: 'is ready', params: outcomeOf },
            actions: { type: 'keep result', params: outcomeOf },
            target: 'done',
          },
          {
            guard: { type: 'is pending', params: outcomeOf },
            actions: [{ type: 'keep queue state', params: outcomeOf }, 'tell queue state'],
            target: 'notReady',
          },
          {
            guard: { type: 'is announced for the first time', params: outcomeOf },
            actions: { type: 'keep announcement', params: outcomeOf },
            target: 'reserving',
          },
          {
            guard: { type: 'is unreachable', params: outcomeOf },
            actions: { type: 'keep unreachable', params: outcomeOf },
            target: 'deciding',
          },
          {
            guard: { type: 'is blocked by billing', params: outcomeOf },
            actions: [{ type: 'keep billing', params: outcomeOf }, 'tell queue state'],
            target: 'decidingOnBilling',
          },
          {
            guard: { type: 'is worth asking again', params: outcomeOf },
            actions: { type: 'keep doubt', params: outcomeOf },
            target: 'doubting',
          },
          { actions: { type: 'keep failure', params: outcomeOf }, target: 'failed' },
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
        onError: {
          actions: { type: 'keep reservation failure', params: thrownOf },
          target: 'failed',
        },
      },
    },
    deciding: { always: [{ guard: 'has time left', target: 'backingOff' }, { target: 'failed' }] },
    backingOff: { after: { pause: 'asking' } },
    doubting: { after: { pause: 'asking' } },
    decidingOnBilling: { always: [{ guard: 'has billing time left', target: 'billingPaused' }, { target: 'failed' }] },
    billingPaused: { after: { billingPause: 'asking' } },
    done: { type: 'final', entry: 'tell parent' },
    failed: { type: 'final', entry: ['end with failure', 'tell parent'] },
  },
  output: ({ context }) => context.output,
});
export type FutureActor = ActorRefFrom<typeof futureMachine>;

function afterNotReady(context: FutureContext, said: PollOf<'pending'>): Partial<FutureContext> {
  const notReadyInARow = context.notReadyInARow + 1;
  return {
    notReadyInARow,
    unreachableInARow: 0,
    unreachableMs: 0,
    pauseMs: notYetPauseMs(notReadyInARow),
    queueState: said.queueState,
    reason: said.reason,
  };
}

function afterUnreachable(context: FutureContext, failed: PollOf<'unreachable'>): Partial<FutureContext> {
  const unreachableInARow = context.unreachableInARow + 1;
  const pauseMs = unreachablePauseMs(unreachableInARow, failed.jitter, failed.retryAfterMs);
  return {
    unreachableInARow,
    pauseMs,
    unreachableMs: context.unreachableMs + failed.elapsedMs + pauseMs,
    notReadyInARow: 0,
    wasUnreachable: true,
    error: failed.error,
  };
}

function timedOut({ kind, policy }: FutureContext): PollOf<'unreachable'> {
  const error = new TinkerError('timeout', `${kind}: no answer to a poll within ${policy.pollTimeoutMs} ms`, { retriable: true });
  return { kind: 'unreachable', error, retryAfterMs: undefined, elapsedMs: policy.pollTimeoutMs, jitter: 0 };
}

function failureOf(outcome: PollOutcome): TinkerError {
  return 'error' in outcome
    ? outcome.error
    : new TinkerError('malformedResponse', 'the server announced a large result again instead of sending it');
}
