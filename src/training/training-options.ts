import type { WaitOptions } from '../calls/wait.js';
import type { LossFnConfig } from '../types/training.js';
import type { SamplerCheckpointPath, TrainingCheckpointPath } from '../types/ids.js';

/** Settings of `TrainingClient.saveState`. */
export interface SaveStateOptions extends WaitOptions {
  /** Whole seconds, 1 to 3,153,600,000, after which the server deletes the checkpoint; kept for ever when absent (wire protocol §2.5). */
  readonly ttlSeconds?: number | undefined;
  /** Whether a checkpoint of the same name is replaced; default false: the save fails. */
  readonly overwrite?: boolean | undefined;
}

/** Settings of `TrainingClient.saveWeightsForSampler`. */
export type SaveForSamplerOptions = Omit<SaveStateOptions, 'overwrite'>;

/** Settings of `TrainingClient.step`; `signal` and `timeoutMs` hold for both of its operations. */
export interface StepOptions extends WaitOptions {
  /** Numbers by the loss function's own names. */
  readonly lossFnConfig?: LossFnConfig | undefined;
}

/** Settings of the load calls. */
export interface LoadStateOptions extends WaitOptions {
  /** Credential for a checkpoint of another account; default none (wire protocol §2.5). */
  readonly weightsAccessToken?: string | undefined;
}

/** A saved checkpoint to sample from, and which moment it holds. */
export interface SavedWeights {
  /** `tinker://RUN/sampler_weights/NAME`, for `createSamplingClient`. */
  readonly path: SamplerCheckpointPath;
  /** Place of the save among this client's operations. */
  readonly seqId: number;
  /** Optimizer steps of this client that went into the weights. */
  readonly optimStepsBefore: number;
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
