import type { TrainingActor } from '../machines/training-machine.js';
import { futureId, type LastCheckpoint, type OperationCounters, type OperationEntry } from '../machines/training-context.js';
import type { TinkerErrorSummary } from '../types/errors.js';

/** An operation that the server has accepted and whose result is awaited. */
export interface InFlightSnapshot {
  /** The operation's id, as `Operation.id` has it. */
  readonly id: string;
  /** What was called, such as `forwardBackward`. */
  readonly kind: string;
  /** Numbers of its requests, one per part (wire protocol §4.1). */
  readonly seqIds: readonly number[];
  /** The server's names for its requests, in the same order (wire protocol §3.1). */
  readonly requestIds: readonly string[];
  /** Milliseconds since the operation was called. */
  readonly ageMs: number;
  /** Polls so far, over all its parts. */
  readonly polls: number;
  /** What the server said last about its queue, such as `paused_rate_limit` (wire protocol §3.2); undefined until it has. */
  readonly queueState: string | undefined;
}

/** A small picture of a training client: plain data that JSON carries. */
export interface TrainingSnapshot {
  /** The model's id on the server, which is also the id of its training run. */
  readonly modelId: string;
  /**
   * What the queue does. `idle`: it is empty; `submitting`: an operation is being sent; `holding`: it waits
   * for the first pass of a custom loss; `computing`: the caller's loss function runs; `paused`: what had
   * begun is sent, and nothing more is until `resume()`; `wedged`: nobody knows whether the server has the
   * operation, `retry()` or `skip()` decides; `stopped`: the client is closed. Results may be awaited in
   * any of them.
   */
  readonly state: 'idle' | 'submitting' | 'holding' | 'computing' | 'paused' | 'wedged' | 'stopped';
  /** Whether `pause()` holds back what has not begun yet; true also while what has begun is still being sent. */
  readonly paused: boolean;
  /** Operations that are waiting to be sent, in order; `bytes` is estimated, `parts` counts their requests. */
  readonly queue: readonly Pick<OperationEntry, 'id' | 'kind' | 'bytes' | 'parts'>[];
  /** The operation that is being sent, or that the queue is wedged on: its id, what was called, and the numbers of its requests. */
  readonly sending: { readonly id: string; readonly kind: string; readonly seqIds: readonly number[] } | undefined;
  /** Operations whose results are awaited, in the order of their acceptance. */
  readonly inFlight: readonly InFlightSnapshot[];
  /** The number that the next new request gets; the first is 1 (wire protocol §4.1). */
  readonly nextSeqId: number;
  /** Optimizer steps that the server accepted from this client, less those that failed there. */
  readonly optimSteps: number;
  /** How many operations were accepted, and how many ended in which way. */
  readonly counters: OperationCounters;
  /** The checkpoint that this client's `saveState` saved last; undefined until it has. */
  readonly lastCheckpoint: LastCheckpoint | undefined;
  /** The last failure of an operation, cancellations aside; undefined until one fails. */
  readonly lastError: TinkerErrorSummary | undefined;
}

/** How the waits for the results of an operation's requests go, taken together. */
export function futureFacts(
  { children }: Pick<ReturnType<TrainingActor['getSnapshot']>, 'children'>,
  id: string,
  parts: number,
): { readonly polls: number; readonly queueState: string | undefined } {
  let polls = 0;
  let queueState: string | undefined;
  for (let part = 0; part < parts; part += 1) {
    const child = children[futureId(id, part)]?.getSnapshot();
    const future = child !== undefined && 'context' in child ? child.context : undefined;
    if (future === undefined || !('polls' in future)) continue;
    polls += future.polls;
    queueState ??= future.queueState;
  }
  return { polls, queueState };
}

/** Reads an actor's present state. `ageOf` tells how long ago an operation was called. */
export function trainingSnapshot(actor: TrainingActor, ageOf: (id: string) => number): TrainingSnapshot {
  const snapshot = actor.getSnapshot();
  const { value, context } = snapshot;
  return {
    modelId: context.modelId,
    state: value,
    paused: context.paused,
    queue: [...context.queue].map(({ id, kind, bytes, parts }) => ({ id, kind, bytes, parts })),
    sending:
      context.dispatching === undefined
        ? undefined
        : { id: context.dispatching.entry.id, kind: context.dispatching.entry.kind, seqIds: context.dispatching.seqIds },
    inFlight: context.inFlight.map(({ entry: { id, kind }, seqIds, requestIds }) => {
      const { polls, queueState } = futureFacts(snapshot, id, requestIds.length);
      return { id, kind, seqIds, requestIds, ageMs: ageOf(id), polls, queueState };
    }),
    nextSeqId: context.nextSeqId,
    optimSteps: context.optimSteps,
    counters: context.counters,
    lastCheckpoint: context.lastCheckpoint,
    lastError: context.lastError,
  };
}
