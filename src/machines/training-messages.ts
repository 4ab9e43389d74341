import type { FuturePolicy, FutureQueueState, FutureSettled } from './future-messages.js';
import type { RequestPaused, RequestPolicy, RequestSettled } from './request-messages.js';
import type { SubmissionSettled } from './submission-machine.js';
import type { LastCheckpoint, OperationEntry } from './training-context.js';

/** What the queue of one model begins with. */
export interface TrainingInput {
  /** The id under which the parent knows this actor. */
  readonly actorId: string;
  readonly modelId: string;
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
  /** Where it goes on; absent for a model that nothing was sent to yet. */
  readonly begin?: TrainingBeginning | undefined;
}

/** Where the queue of a model goes on that an earlier process has sent to. */
export interface TrainingBeginning {
  readonly nextSeqId: number;
  /** Numbers below that which no request had. */
  readonly spareSeqIds: readonly number[];
  readonly optimSteps: number;
}

/** What happens to the queue of one model: calls and decisions of its user, and news of its children. */
export type TrainingEvent =
  | { readonly type: 'operation.requested'; readonly entry: OperationEntry }
  | { readonly type: 'save.requested'; readonly entry: OperationEntry }
  | { readonly type: 'load.requested'; readonly entry: OperationEntry; readonly optimizer: boolean }
  | { readonly type: 'operation.cancelled'; readonly id: string }
  | { readonly type: 'checkpoint.saved'; readonly checkpoint: LastCheckpoint }
  | { readonly type: 'queue.retried' }
  | { readonly type: 'queue.skipped' }
  | { readonly type: 'dispatch.paused' }
  | { readonly type: 'dispatch.resumed' }
  | { readonly type: 'client.stopped' }
  | SubmissionSettled
  | RequestSettled
  | RequestPaused
  | FutureSettled
  | FutureQueueState;

/** Whose first results are to be made into a second pass. */
export interface SecondPassInput {
  readonly key: string;
}

/** What the parent hears when this client has ended. */
export interface TrainingStopped {
  readonly type: 'training.stopped';
  readonly actorId: string;
}
