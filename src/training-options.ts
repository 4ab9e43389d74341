import type { WaitOptions } from './wait.js';
import type { TrainingCheckpointPath } from './types/ids.js';

/** Settings of `TrainingClient.saveState`. */
export interface SaveStateOptions extends WaitOptions {
  /** Whole seconds, 1 to 3,153,600,000, after which the server deletes the checkpoint; kept for ever when absent (wire protocol §2.5). */
  readonly ttlSeconds?: number | undefined;
  /** Whether a checkpoint of the same name is replaced; default false: the save fails. */
  readonly overwrite?: boolean | undefined;
}

/** Settings of the load calls. */
export interface LoadStateOptions extends WaitOptions {
  /** Credential for a checkpoint of another account; default none (wire protocol §2.5). */
  readonly weightsAccessToken?: string | undefined;
}

/** A saved checkpoint, and which moment it holds. */
export interface SavedState {
  /** `tinker://RUN/weights/NAME`, for the load calls. */
  readonly path: TrainingCheckpointPath;
  /** Place of the save among this client's operations. */
  readonly seqId: number;
  /** Optimizer steps of this client that went into the weights. */
  readonly optimStepsBefore: number;
}
