import type { Either } from 'fp-ts/lib/Either.js';
import { TinkerError, type TinkerErrorSummary } from '../types/errors.js';
import { operationName } from '../types/operation-name.js';
import type { FuturePolicy } from './future-messages.js';
import type { RequestInput, RequestPolicy } from './request-messages.js';
import type { Receipts, SubmissionInput } from './submission-machine.js';
import type { WaitingLine } from './waiting-line.js';

/** What a training operation is. */
export type OperationKind =
  | 'forward'
  | 'forwardBackward'
  | 'forwardBackwardCustom'
  | 'optimStep'
  | 'saveState'
  | 'saveWeightsForSampler'
  | 'saveWeightsAndGetSamplingClient'
  | 'loadState';

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
  /** Whether its results are made into a second pass, which goes out before anything called after it. */
  readonly secondPass: boolean;
  /** The numbers under which the server has it, or may have it, from an earlier process; absent where it is new. */
  readonly seqIds?: readonly number[] | undefined;
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
  /** Whether the server may hold some of it from an earlier try. */
  readonly mayBeTaken: boolean;
}

/** An accepted operation whose results are being asked for. */
export interface InFlight {
  readonly entry: OperationEntry;
  readonly seqIds: readonly number[];
  readonly requestIds: readonly string[];
  /** Parts without a result. */
  readonly open: number;
}

/** The operation whose second pass the queue waits for. */
export interface Held {
  readonly entry: OperationEntry;
  /** Whether the results of its first pass are there. */
  readonly ready: boolean;
}

/** The size of a second pass, and the numbers that it has already. */
export type SecondPass = Pick<OperationEntry, 'parts' | 'bytes' | 'seqIds'>;

/** What became of the first results: a second pass to send, or why there is none. */
export type SecondPassOutcome = Either<TinkerError, SecondPass>;

/** The checkpoint that this client's `saveState` saved last. */
export interface LastCheckpoint {
  /** `tinker://RUN/weights/NAME`, for the load calls. */
  readonly path: string;
  /** Place of the save among this client's operations. */
  readonly seqId: number;
  /** Optimizer steps of this client that went into the weights. */
  readonly optimStepsBefore: number;
}

export interface TrainingContext {
  readonly modelId: string;
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
  readonly nextSeqId: number;
  /** Numbers that were set aside for parts which were then never sent. */
  readonly spareSeqIds: readonly number[];
  readonly queue: WaitingLine<OperationEntry>;
  /** Whether nothing more is taken out of the queue. */
  readonly paused: boolean;
  readonly dispatching: Dispatching | undefined;
  readonly held: Held | undefined;
  /** In the order of their acceptance. */
  readonly inFlight: readonly InFlight[];
  /** Optimizer steps that the server accepted. */
  readonly optimSteps: number;
  readonly counters: OperationCounters;
  readonly lastCheckpoint: LastCheckpoint | undefined;
  readonly lastError: TinkerErrorSummary | undefined;
}

/** What the client hears about its operations. */
export type TrainingEmitted =
  | { readonly type: 'operation.sending'; readonly id: string; readonly seqIds: readonly number[]; readonly optimStepsBefore: number }
  | { readonly type: 'operation.accepted'; readonly id: string; readonly requestIds: readonly string[] }
  | { readonly type: 'operation.queueState'; readonly id: string; readonly queueState: string | undefined; readonly reason: string | undefined }
  | { readonly type: 'operation.done'; readonly id: string; readonly downloadMs: number }
  | { readonly type: 'operation.failed'; readonly id: string; readonly error: TinkerError }
  /** The user has given it up while it was not clear whether the server has it. */
  | { readonly type: 'operation.skipped'; readonly id: string }
  | { readonly type: 'operation.dropped'; readonly id: string };

/** How many operations of a training client the server took, and how many ended in which way. */
export interface OperationCounters {
  /** Taken by the server, whatever became of them. */
  readonly accepted: number;
  /** Ended with a result. */
  readonly done: number;
  /** Refused, or failed on the server or on the way. */
  readonly failed: number;
  /** Taken back, whether the server had them or not. */
  readonly cancelled: number;
}

/** Takes the first operation out of the queue and numbers its parts. */
export function takeNext(context: TrainingContext): Partial<TrainingContext> {
  const { first: entry } = context.queue;
  return entry === undefined ? {} : { queue: context.queue.rest(), ...numbered(context, entry) };
}

/** Numbers the second pass of the operation that the queue waits for. */
export function takeSecondPass(context: TrainingContext, { entry }: Held, size: SecondPass): Partial<TrainingContext> {
  return { held: undefined, ...numbered(context, { ...entry, seqIds: undefined, ...size, secondPass: false }) };
}

function numbered(context: TrainingContext, entry: OperationEntry): Partial<TrainingContext> {
  if (entry.seqIds !== undefined) {
    return { dispatching: { entry, seqIds: entry.seqIds, receipts: {}, unsent: [], cancelled: false, mayBeTaken: true } };
  }
  const spare = context.spareSeqIds.slice(0, entry.parts);
  const fresh = Array.from({ length: entry.parts - spare.length }, (_, index) => context.nextSeqId + index);
  return {
    dispatching: { entry, seqIds: [...spare, ...fresh], receipts: {}, unsent: [], cancelled: false, mayBeTaken: false },
    nextSeqId: context.nextSeqId + fresh.length,
    spareSeqIds: context.spareSeqIds.slice(spare.length),
  };
}

/** What the child that sends an operation is told. */
export function submissionInput({ requestPolicy }: TrainingContext, dispatching: Dispatching): SubmissionInput {
  const { entry, seqIds, receipts, mayBeTaken } = dispatching;
  return { key: entry.id, kind: entry.kind, seqIds, together: entry.together, receipts, mayBeTaken, policy: requestPolicy };
}

/** What the child is told that sends an operation of one part. */
export function requestInput({ requestPolicy }: TrainingContext, { entry, seqIds, mayBeTaken }: Dispatching): RequestInput {
  return { key: entry.id, part: 0, kind: entry.kind, seqId: seqIds[0], mayBeTaken, policy: requestPolicy };
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
  const left = { ...operation, open: operation.open - 1 };
  return { inFlight: context.inFlight.map((other) => (other.entry.id === id ? left : other)) };
}

/** Its last result has arrived: the operation has ended, or its second pass can be made. */
export function afterLastPart(context: TrainingContext, id: string, { entry }: InFlight): Partial<TrainingContext> {
  const { counters } = context;
  const ended = entry.secondPass ? { held: { entry, ready: true } } : { counters: { ...counters, done: counters.done + 1 } };
  return { ...withoutInFlight(context, id), ...ended };
}

/** The accepted operation of that name whose results are being asked for. */
export function inFlightUnder({ inFlight }: Pick<TrainingContext, 'inFlight'>, id: string): InFlight | undefined {
  return inFlight.find(({ entry }) => entry.id === id);
}

/** Nothing is awaited of the operation any more. */
export function withoutInFlight({ inFlight, held }: TrainingContext, id: string): Partial<TrainingContext> {
  return { held: held?.entry.id === id ? undefined : held, inFlight: inFlight.filter(({ entry }) => entry.id !== id) };
}

/** The name of the child that asks for a part's result. */
export function futureId(id: string, part: number): string {
  return `future.${id}.${part}`;
}

/** What follows from something that befalls an operation. */
export interface Consequence {
  readonly change: Partial<TrainingContext>;
  readonly said: readonly TrainingEmitted[];
  /** Names of children that are not needed any more. */
  readonly stopped: readonly string[];
}

/** The names of all children of an operation in flight. */
export function futureIds({ entry, requestIds }: InFlight): readonly string[] {
  return requestIds.map((_, part) => futureId(entry.id, part));
}

export function cancelledError(id: string, kind: string, why: string): TinkerError {
  return new TinkerError('cancelled', `${operationName(kind, id)} ${why}`, { operationId: id });
}

/** The error of an operation of which a part failed on the server. */
export function partError(error: TinkerError, part: number, { entry, seqIds, requestIds }: InFlight): TinkerError {
  const seqId = seqIds[part];
  return error.with(
    { operationId: entry.id, seqId, requestId: requestIds[part] },
    `${operationName(entry.kind, entry.id)} (seq_id ${String(seqId)}): ${error.message}`,
  );
}
