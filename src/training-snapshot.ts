import type { TrainingActor } from './machines/training-machine.js';
import { futureId, type LastCheckpoint, type OperationCounters, type OperationEntry } from './machines/training-context.js';
import type { TinkerErrorSummary } from './types/errors.js';

/** An operation whose result is awaited. */
export interface InFlightSnapshot {
  readonly id: string;
  readonly kind: string;
  readonly seqIds: readonly number[];
  readonly requestIds: readonly string[];
  /** Milliseconds since the operation was called. */
  readonly ageMs: number;
  /** Polls so far, over all its parts. */
  readonly polls: number;
  /** What the server said last about its queue. */
  readonly queueState: string | undefined;
}

/** A small picture of a training client: plain data that JSON carries. */
export interface TrainingSnapshot {
  readonly modelId: string;
  readonly state: 'idle' | 'submitting' | 'holding' | 'computing' | 'wedged' | 'stopped';
  /** Operations that are waiting to be sent, in order. */
  readonly queue: readonly Pick<OperationEntry, 'id' | 'kind' | 'bytes' | 'parts'>[];
  /** The operation that is being sent, or that the queue is wedged on. */
  readonly sending: { readonly id: string; readonly kind: string; readonly seqIds: readonly number[] } | undefined;
  readonly inFlight: readonly InFlightSnapshot[];
  /** The number that the next new request gets. */
  readonly nextSeqId: number;
  /** Optimizer steps that the server accepted from this client. */
  readonly optimSteps: number;
  readonly counters: OperationCounters;
  readonly lastCheckpoint: LastCheckpoint | undefined;
  readonly lastError: TinkerErrorSummary | undefined;
}

/** Reads an actor's present state. `ageOf` tells how long ago an operation was called. */
export function trainingSnapshot(actor: TrainingActor, ageOf: (id: string) => number): TrainingSnapshot {
  const { value, context, children } = actor.getSnapshot();
  const pollsOf = (id: string, part: number): { polls: number; queueState: string | undefined } => {
    const child = children[futureId(id, part)]?.getSnapshot();
    const future = child !== undefined && 'context' in child ? child.context : undefined;
    return future !== undefined && 'polls' in future ? future : { polls: 0, queueState: undefined };
  };
  return {
    modelId: context.modelId,
    state: value,
    queue: context.queue.map(({ id, kind, bytes, parts }) => ({ id, kind, bytes, parts })),
    sending:
      context.dispatching === undefined
        ? undefined
        : { id: context.dispatching.entry.id, kind: context.dispatching.entry.kind, seqIds: context.dispatching.seqIds },
    inFlight: Object.values(context.inFlight).map(({ entry: { id, kind }, seqIds, requestIds }) => {
      const futures = requestIds.map((_, part) => pollsOf(id, part));
      return {
        id,
        kind,
        seqIds,
        requestIds,
        ageMs: ageOf(id),
        polls: futures.reduce((sum, { polls }) => sum + polls, 0),
        queueState: futures.find(({ queueState }) => queueState !== undefined)?.queueState,
      };
    }),
    nextSeqId: context.nextSeqId,
    optimSteps: context.optimSteps,
    counters: context.counters,
    lastCheckpoint: context.lastCheckpoint,
    lastError: context.lastError,
  };
}
