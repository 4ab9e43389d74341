import type { TrainingClient } from '../training-client.js';
import type { LoraTrainingOptions } from './model-options.js';
import type { WaitOptions } from '../calls/wait.js';

/** Settings of `ServiceClient.resumeTrainingClient`. */
export interface ResumeOptions extends WaitOptions {
  /**
   * What to create where there is nothing to go on with: no journal yet, or a model that is gone before anything was
   * saved. Default: that is an error of kind `journal`. Needs the service's `journal` option.
   */
  readonly orCreate?: LoraTrainingOptions | undefined;
}

/** An operation of an earlier process. */
export interface EarlierOperation {
  /** Its id in that process. */
  readonly id: string;
  readonly kind: string;
  /** The first of its numbers. */
  readonly seqId: number;
  /** What is known of it, or became of it. */
  readonly why: string;
}

/** A training client that goes on where one of an earlier process stopped, and how it came to that. */
export interface ResumedTraining {
  readonly training: TrainingClient;
  /**
   * `reattached` to the same model, which lives on; `restored` from a checkpoint into a new one; or `created`, where
   * there was nothing to go on with.
   */
  readonly outcome: 'reattached' | 'restored' | 'created';
  /**
   * Optimizer steps that are done, as the journal counts them from the client's creation: the trainer goes on with the
   * batch of this number, counted from 0.
   */
  readonly step: number;
  /** The checkpoint that was restored, and its step; undefined otherwise. */
  readonly checkpoint: { readonly path: string; readonly step: number } | undefined;
  /** Why it could not be attached to the same model; undefined otherwise. */
  readonly why: string | undefined;
  /** Optimizer steps that were done after the checkpoint that was restored, hence are to be done again. */
  readonly stepsLost: number;
  /** Operations that were under way and of which nothing is left. */
  readonly lost: readonly EarlierOperation[];
  /** Operations that were under way, and have been asked for or sent again and settled now. */
  readonly settled: readonly EarlierOperation[];
  /**
   * Operations of the step that was begun, which the server has or may have. The trainer is to call them again in this
   * order with the same data: they are answered by what the server has, and executed once.
   */
  readonly pending: readonly EarlierOperation[];
  /** Bytes of a last line that the earlier process did not write to its end; it was cut off. */
  readonly tornBytes: number;
  /** The journal's file; undefined where none is kept. */
  readonly journal: string | undefined;
}
