import { assign, enqueueActions, sendParent, setup, type ActorRefFrom } from 'xstate';
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
}

export type SamplingEvent =
  | { readonly type: 'call.made' }
  | { readonly type: 'call.withdrawn' }
  | { readonly type: 'call.resubmitted' }
  | { readonly type: 'call.ended'; readonly how: SamplingEnd; readonly error: TinkerErrorSummary | undefined }
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

const samplingSetup = setup({
  types: {} as { input: SamplingInput; context: SamplingContext; events: SamplingEvent; emitted: SamplingEmitted },
  guards: {
    'is without calls': ({ context }) => context.waiting + context.inFlight === 0,
    'watches progress': ({ context }) => context.progressTimeoutMs !== undefined,
  },
  actions: {
    'count call': assign({ waiting: ({ context }) => context.waiting + 1 }),
    'count withdrawal': assign(({ context }) => ({ waiting: context.waiting - 1, counters: counted(context, 'cancelled') })),
    'count resubmission': assign({ resubmitted: ({ context }) => context.resubmitted + 1 }),
    'count end': assign(({ context }, { how, error }: { how: SamplingEnd; error: TinkerErrorSummary | undefined }) => ({
      inFlight: context.inFlight - 1,
      counters: counted(context, how),
      lastError: how === 'failed' ? error : context.lastError,
    })),
    'let go on': enqueueActions(({ context, enqueue }) => {
      const admitted = Math.max(0, Math.min(context.waiting, context.maxConcurrent - context.inFlight));
      enqueue.assign({ waiting: context.waiting - admitted, inFlight: context.inFlight + admitted });
      for (let i = 0; i < admitted; i += 1) enqueue.emit({ type: 'call.admitted' });
    }),
    'tell that all are stuck': enqueueActions(({ enqueue }) => enqueue.emit({ type: 'calls.stuck' })),
    'tell parent': sendParent(({ context }): SamplingStopped => ({ type: 'sampling.stopped', actorId: context.actorId })),
  },
  delays: { progress: ({ context }) => context.progressTimeoutMs ?? longestTimer },
});

function counted({ counters }: SamplingContext, how: SamplingEnd): SamplingCounters {
  return { ...counters, [how]: counters[how] + 1 };
}

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
  }),
  on: { 'client.stopped': '.stopped' },
  states: {
    idle: {
      on: { 'call.made': { actions: ['count call', 'let go on'], target: 'busy' } },
    },
    busy: {
      always: { guard: 'is without calls', target: 'idle' },
      on: {
        'call.made': { actions: ['count call', 'let go on'] },
        'call.withdrawn': { actions: 'count withdrawal' },
        'call.resubmitted': { actions: 'count resubmission' },
        'call.ended': {
          actions: [
            { type: 'count end', params: ({ event: { how, error } }) => ({ how, error }) },
            'let go on',
          ],
          // The clock of progress starts anew.
          target: 'busy',
          reenter: true,
        },
      },
      after: { progress: { guard: 'watches progress', actions: 'tell that all are stuck' } },
    },
    stopped: { type: 'final', entry: 'tell parent' },
  },
});
/** The actor of a sampling client, for inspection. */
export type SamplingActor = ActorRefFrom<typeof samplingMachine>;
