import { TinkerError, type TinkerErrorSummary } from '../types/errors.js';
import type { FuturePolicy, FutureSettled } from './future-messages.js';
import type { RequestPolicy } from './request-machine.js';
import type { Receipts, SubmissionSettled } from './submission-machine.js';

/** What a training operation is. */
export type OperationKind = 'forward' | 'forwardBackward' | 'optimStep' | 'saveState' | 'loadState';

/** An operation in the queue: small facts only, its data is kept outside. */
export interface OperationEntry {
  readonly id: string;
  readonly kind: OperationKind;
  /** Estimated bytes of its bodies. */
  readonly bytes: number;
  /** Requests that it is sent as, each under a number of its own. */
  readonly parts: number;
  /** Whether several parts go out together. */
  readonly together: boolean;
}

/** The operation that is being sent, or of which it is not clear whether the server has it. */
export interface Dispatching {
  readonly entry: OperationEntry;
  readonly seqIds: readonly number[];
  readonly receipts: Receipts;
  /** Numbers of parts that were never sent. */
  readonly unsent: readonly number[];
  /** Nobody waits for it any more, but it has its number and is sent. */
  readonly cancelled: boolean;
}

/** An accepted operation whose results are being asked for. */
export interface InFlight {
  readonly entry: OperationEntry;
  readonly seqIds: readonly number[];
  readonly requestIds: readonly string[];
  /** Parts without a result. */
  readonly open: number;
}

/** The checkpoint that this client saved last. */
export interface LastCheckpoint {
  readonly path: string;
  readonly seqId: number;
  readonly optimStepsBefore: number;
}

export interface TrainingContext {
  readonly modelId: string;
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
  readonly nextSeqId: number;
  /** Numbers that were set aside for parts which were then never sent. */
  readonly spareSeqIds: readonly number[];
  readonly queue: readonly OperationEntry[];
  readonly dispatching: Dispatching | undefined;
  readonly inFlight: Readonly<Record<string, InFlight>>;
  /** Optimizer steps that the server accepted. */
  readonly optimSteps: number;
  readonly counters: OperationCounters;
  readonly lastCheckpoint: LastCheckpoint | undefined;
  readonly lastError: TinkerErrorSummary | undefined;
}

export interface OperationCounters {
  readonly accepted: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Takes the first operation out of the queue and numbers its parts. */
export function takeNext(context: TrainingContext): Partial<TrainingContext> {
  const [entry, ...queue] = context.queue;
  if (entry === undefined) return {};
  const spare = context.spareSeqIds.slice(0, entry.parts);
  const fresh = Array.from({ length: entry.parts - spare.length }, (_, index) => context.nextSeqId + index);
  return {
    queue,
    dispatching: { entry, seqIds: [...spare, ...fresh], receipts: {}, unsent: [], cancelled: false },
    nextSeqId: context.nextSeqId + fresh.length,
    spareSeqIds: context.spareSeqIds.slice(spare.length),
  };
}

/** The server has taken all parts. */
export function afterAcceptance(
  context: TrainingContext,
  { entry, seqIds, cancelled }: Dispatching,
  requestIds: readonly string[],
): Partial<TrainingContext> {
  const { inFlight, counters, optimSteps } = context;
  const polled: InFlight = { entry, seqIds, requestIds, open: requestIds.length };
  return {
    dispatching: undefined,
    inFlight: cancelled ? inFlight : { ...inFlight, [entry.id]: polled },
    counters: { ...counters, accepted: counters.accepted + 1 },
    optimSteps: optimSteps + (entry.kind === 'optimStep' ? 1 : 0),
  };
}

/** The server has refused the operation, or it is given up: what was never sent frees its number. */
export function afterRefusal(context: TrainingContext, unsent: readonly number[]): Partial<TrainingContext> {
  return { dispatching: undefined, spareSeqIds: [...context.spareSeqIds, ...unsent].sort((a, b) => a - b) };
}

/** One more operation has failed or been cancelled. */
export function afterFailure(context: TrainingContext, error: TinkerError): Partial<TrainingContext> {
  const { counters } = context;
  return error.kind === 'cancelled'
    ? { counters: { ...counters, cancelled: counters.cancelled + 1 } }
    : { counters: { ...counters, failed: counters.failed + 1 }, lastError: error.toJSON() };
}

/** A part's result has arrived, with others still open. */
export function withoutOpenPart(context: TrainingContext, id: string, operation: InFlight): Partial<TrainingContext> {
  return { inFlight: { ...context.inFlight, [id]: { ...operation, open: operation.open - 1 } } };
}

export function withoutInFlight(context: TrainingContext, id: string): Partial<TrainingContext> {
  const { [id]: settled, ...inFlight } = context.inFlight;
  return settled === undefined ? {} : { inFlight };
}

/** The name of the child that asks for a part's result. */
export function futureId(id: string, part: number): string {
  return `future.${id}.${part}`;
}

/** The names of all children of an operation in flight. */
export function futureIds({ entry, requestIds }: InFlight): readonly string[] {
  return requestIds.map((_, part) => futureId(entry.id, part));
}

export function cancelledError(id: string, kind: string, why: string): TinkerError {
  return new TinkerError('cancelled', `${kind} ${id} ${why}`, { operationId: id });
}

/** Says that it is not clear whether the server has the operation, and what the user can do. */
export function wedgedError({ entry, seqIds }: Dispatching, { outcome, receipts }: SubmissionSettled): TinkerError {
  const taken = Object.keys(receipts).length;
  const unclear =
    taken === 0
      ? 'the server may or may not have taken it'
      : `the server has taken ${taken} of its ${entry.parts} parts, so its gradients may hold part of the batch`;
  const cause = outcome.status === 'accepted' ? undefined : outcome.error;
  return new TinkerError(
    'wedged',
    `${entry.kind} ${entry.id} (seq_id ${seqIds.join(', ')}): ${unclear}: ${cause?.message ?? 'no answer'}. ` +
      'Nothing after it is sent until you decide: retry() sends the same request again, skip() gives it up and goes on.',
    {
      operationId: entry.id,
      seqId: seqIds[0],
      status: cause?.status,
      attempts: cause?.attempts,
      elapsedMs: cause?.elapsedMs,
      cause,
    },
  );
}

/** Names the operation in an error that came from below. */
export function operationError(error: TinkerError, entry: OperationEntry, seqId: number | undefined, requestId?: string): TinkerError {
  return error.with(
    { operationId: entry.id, seqId, requestId: requestId ?? error.requestId },
    `${entry.kind} ${entry.id} (seq_id ${seqId ?? 'none'}): ${error.message}`,
  );
}

/** The error of a part that failed on the server. */
export function partError({ part, output }: FutureSettled, { entry, seqIds, requestIds }: InFlight): TinkerError {
  const error = output.status === 'failed' ? output.error : new TinkerError('malformedResponse', 'no result');
  return operationError(error, entry, seqIds[part], requestIds[part]);
}
