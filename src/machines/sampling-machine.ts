import { assign, emit, sendParent, setup, type ActorRefFrom } from 'xstate';
import { withShortcuts, type Change } from './shortcuts.js';
import type { TinkerErrorSummary } from '../types/errors.js';

/**
 * One sampling client: `idle`, or `busy` with calls, until it is `stopped`. It counts the calls, lets so
 * many go on at once, and tells when none has ended for too long. The calls are tasks outside that report
 * here: an actor for each would cost as much as the request itself.
 */
export interface SamplingInput {
  /** The id under which the parent knows this actor. */
  readonly actorId: string;
  readonly samplingSessionId: string;
  /** Calls that may be on their way at once. */
  readonly maxConcurrent: number;
  /** Milliseconds without any call ending after which all are given up; undefined to wait for ever. */
  readonly progressTimeoutMs: number | undefined;
}

/** How a call ended. */
export type SamplingEnd = 'done' | 'failed' | 'cancelled';

/** How many calls ended in which way. */
export type SamplingCounters = Readonly<Record<SamplingEnd, number>>;

export interface SamplingContext extends SamplingInput {
  readonly waiting: number;
  readonly inFlight: number;
  readonly counters: SamplingCounters;
  /** Attempts that were followed by another one under a new number. */
  readonly resubmitted: number;
  readonly lastError: TinkerErrorSummary | undefined;
  /** When a call ended last, or the first of those that are open was made; and what of that the timer of progress knows. */
  readonly progressAt: number;
  readonly watchedAt: number;
}

/** `at` is the moment, in the environment's milliseconds. */
export interface CallEnded {
  readonly type: 'call.ended';
  readonly how: SamplingEnd;
  readonly error: TinkerErrorSummary | undefined;
  readonly at: number;
}

export type SamplingEvent =
  | { readonly type: 'call.made'; readonly at: number }
  | { readonly type: 'call.withdrawn' }
  | { readonly type: 'call.resubmitted' }
  | CallEnded
  | { readonly type: 'client.stopped' };

/** What the client hears: that the call which has waited longest may go on, or that all calls are stuck. */
export type SamplingEmitted = { readonly type: 'call.admitted' } | { readonly type: 'calls.stuck' };

/** What the parent hears when this client has ended. */
export interface SamplingStopped {
  readonly type: 'sampling.stopped';
  readonly actorId: string;
}

// Never reached where progress is not watched: a timer has to have some length.
const longestTimer = 2 ** 31 - 1;

const goOn = { type: 'call.admitted' } as const;

const samplingSetup = setup({
  types: {} as { input: SamplingInput; context: SamplingContext; events: SamplingEvent; emitted: SamplingEmitted },
  guards: {
    'is the last call': ({ context }) => context.waiting + context.inFlight === 1,
    'has room': ({ context }) => context.inFlight < context.maxConcurrent,
    'lets another one go on': ({ context }) => context.waiting > 0,
    'went on meanwhile': ({ context }) => context.progressTimeoutMs !== undefined && context.progressAt > context.watchedAt,
    'watches progress': ({ context }) => context.progressTimeoutMs !== undefined,
  },
  actions: {
    'begin to watch': assign((_, { at }: { at: number }) => ({ progressAt: at, watchedAt: at })),
    'count call': assign(({ context }) => withCall(context)),
    'count withdrawal': assign(({ context }) => ({ waiting: context.waiting - 1, counters: counted(context, 'cancelled') })),
    'count resubmission': assign({ resubmitted: ({ context }) => context.resubmitted + 1 }),
    'count end': assign(({ context }, ended: CallEnded) => withoutCall(context, ended)),
    'watch what went on': assign(({ context }) => ({ watchedAt: context.progressAt })),
    'watch anew': assign(({ context }) => ({ progressAt: dueAt(context), watchedAt: dueAt(context) })),
    'let go on': emit(goOn),
    'tell that all are stuck': emit({ type: 'calls.stuck' }),
    'tell parent': sendParent(({ context }): SamplingStopped => ({ type: 'sampling.stopped', actorId: context.actorId })),
  },
  // The time that is left is for those to say who know what time it is.
  delays: { progress: longestTimer },
});

/** When the calls are stuck, by what the timer of progress knows. */
function dueAt({ watchedAt, progressTimeoutMs = longestTimer }: SamplingContext): number {
  return watchedAt + progressTimeoutMs;
}

function counted({ counters }: SamplingContext, how: SamplingEnd): SamplingCounters {
  return { ...counters, [how]: counters[how] + 1 };
}

/** With one more call, which goes on at once where there is room. */
function withCall(context: SamplingContext): SamplingContext {
  const hasRoom = context.inFlight < context.maxConcurrent;
  return hasRoom ? { ...context, inFlight: context.inFlight + 1 } : { ...context, waiting: context.waiting + 1 };
}

/** Without one that has ended, in whose place the next one goes on. */
function withoutCall(context: SamplingContext, { how, error, at }: CallEnded): SamplingContext {
  const { waiting, inFlight } = context;
  return {
    ...context,
    ...(waiting > 0 ? { waiting: waiting - 1 } : { inFlight: inFlight - 1 }),
    counters: counted(context, how),
    lastError: how === 'failed' ? error : context.lastError,
    progressAt: at,
  };
}

const endOf = ({ event }: { event: CallEnded }): CallEnded => event;

export const samplingMachine = samplingSetup.createMachine({
  id: 'sampling',
  initial: 'idle',
  context: ({ input }) => ({
    ...input,
    waiting: 0,
    inFlight: 0,
    counters: { done: 0, failed: 0, cancelled: 0 },
    resubmitted: 0,
    lastError: undefined,
    progressAt: 0,
    watchedAt: 0,
  }),
  on: { 'client.stopped': '.stopped' },
  states: {
    idle: {
      on: {
        'call.made': {
          actions: [{ type: 'begin to watch', params: ({ event: { at } }) => ({ at }) }, 'count call', 'let go on'],
          target: 'busy',
        },
      },
    },
    busy: {
      on: {
        'call.made': [{ guard: 'has room', actions: ['count call', 'let go on'] }, { actions: 'count call' }],
        'call.withdrawn': [
          { guard: 'is the last call', actions: 'count withdrawal', target: 'idle' },
          { actions: 'count withdrawal' },
        ],
        'call.resubmitted': { actions: 'count resubmission' },
        'call.ended': [
          { guard: 'is the last call', actions: { type: 'count end', params: endOf }, target: 'idle' },
          { guard: 'lets another one go on', actions: [{ type: 'count end', params: endOf }, 'let go on'] },
          { actions: { type: 'count end', params: endOf } },
        ],
      },
      // Set anew only when it is over: to do so at every end would take longer than all else here.
      after: {
        progress: [
          { guard: 'went on meanwhile', actions: 'watch what went on', target: 'busy', reenter: true },
          { guard: 'watches progress', actions: ['tell that all are stuck', 'watch anew'], target: 'busy', reenter: true },
        ],
      },
    },
    stopped: { type: 'final', entry: 'tell parent' },
  },
});
/** The actor of a sampling client, for inspection. */
export type SamplingActor = ActorRefFrom<typeof samplingMachine>;

/** The machine as it runs: it knows the time, and takes the two events that come with every call by shortcuts. */
export function runningSampling(now: () => number): typeof samplingMachine {
  const machine = samplingMachine.provide({ delays: { progress: ({ context }) => Math.max(0, dueAt(context) - now()) } });
  withShortcuts(machine, ({ value, context }, event): Change<SamplingContext, SamplingEmitted> | undefined => {
    if (value !== 'busy') return undefined;
    if (event.type === 'call.made') return { context: withCall(context), emitted: context.inFlight < context.maxConcurrent ? goOn : undefined };
    if (event.type !== 'call.ended' || context.waiting + context.inFlight === 1) return undefined;
    return { context: withoutCall(context, event), emitted: context.waiting > 0 ? goOn : undefined };
  });
  return machine;
}
