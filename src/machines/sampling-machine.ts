import { assign, emit, sendParent, setup, type ActorRefFrom } from 'xstate';
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
    'has room': ({ context }) => context.inFlight < context.maxConcurrent,
    'lets another one go on': ({ context }) => context.waiting > 0,
    'is the last call': ({ context }) => context.waiting + context.inFlight === 1,
    'watches progress': ({ context }) => context.progressTimeoutMs !== undefined,
  },
  actions: {
    'count call': assign({ waiting: ({ context }) => context.waiting + 1 }),
    'count admitted call': assign({ inFlight: ({ context }) => context.inFlight + 1 }),
    'count withdrawal': assign(({ context }) => ({ waiting: context.waiting - 1, counters: counted(context, 'cancelled') })),
    'count resubmission': assign({ resubmitted: ({ context }) => context.resubmitted + 1 }),
    'count end': assign(({ context }, ended: Ended) => ({ inFlight: context.inFlight - 1, ...afterEnd(context, ended) })),
    'count end, and the next one': assign(({ context }, ended: Ended) => ({ waiting: context.waiting - 1, ...afterEnd(context, ended) })),
    'let go on': emit({ type: 'call.admitted' }),
    'tell that all are stuck': emit({ type: 'calls.stuck' }),
    'tell parent': sendParent(({ context }): SamplingStopped => ({ type: 'sampling.stopped', actorId: context.actorId })),
  },
  delays: { progress: ({ context }) => context.progressTimeoutMs ?? longestTimer },
});

function counted({ counters }: SamplingContext, how: SamplingEnd): SamplingCounters {
  return { ...counters, [how]: counters[how] + 1 };
}

type Ended = Pick<Extract<SamplingEvent, { type: 'call.ended' }>, 'how' | 'error'>;

function afterEnd(context: SamplingContext, { how, error }: Ended) {
  return { counters: counted(context, how), lastError: how === 'failed' ? error : context.lastError };
}

const endOf = ({ event: { how, error } }: { event: Ended }): Ended => ({ how, error });

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
      on: { 'call.made': { actions: ['count admitted call', 'let go on'], target: 'busy' } },
    },
    busy: {
      on: {
        'call.made': [{ guard: 'has room', actions: ['count admitted call', 'let go on'] }, { actions: 'count call' }],
        'call.withdrawn': [
          { guard: 'is the last call', actions: 'count withdrawal', target: 'idle' },
          { actions: 'count withdrawal' },
        ],
        'call.resubmitted': { actions: 'count resubmission' },
        // The clock of progress starts anew with each of these.
        'call.ended': [
          { guard: 'lets another one go on', actions: [{ type: 'count end, and the next one', params: endOf }, 'let go on'], target: 'busy', reenter: true },
          { guard: 'is the last call', actions: { type: 'count end', params: endOf }, target: 'idle' },
          { actions: { type: 'count end', params: endOf }, target: 'busy', reenter: true },
        ],
      },
      after: { progress: { guard: 'watches progress', actions: 'tell that all are stuck' } },
    },
    stopped: { type: 'final', entry: 'tell parent' },
  },
});
/** The actor of a sampling client, for inspection. */
export type SamplingActor = ActorRefFrom<typeof samplingMachine>;
