/**
 * What the local server asks of its training engine.
 *
 * The engine knows models by an id chosen by the server, keeps their adapters, accumulated
 * gradients and optimizer state, and executes calls one at a time in order of arrival; samples are
 * drawn beside them, from adapters that were saved. It knows
 * nothing of HTTP, sessions, sequence numbers or checkpoint names: the server decides the order
 * and hands over directories. Every rejection is an `EngineError`.
 */
import type { CheckpointKind } from '../checkpoints/checkpoint-kind.js';
import type { CheckpointTimings, LoadTimings } from '../checkpoints/timings.js';
import type { SampleOutput, SamplerWeights, SampleWork } from './sampling/sampling.js';

/** The adapter of a model; the fields of `lora_config` in wire protocol §2.3. */
export interface LoraSettings {
  /** Rank of every adapter, an integer from 1 to 512. The scale is 32 / rank. */
  readonly rank: number;
  /** Seed of the adapter's first factor, an integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Adapters on the query, key, value and output projections. */
  readonly trainAttn: boolean;
  /** Adapters on the gate, up and down projections. */
  readonly trainMlp: boolean;
  /** An adapter on the unembedding. */
  readonly trainUnembed: boolean;
}

/** Everything needed to make a model from nothing. */
export interface ModelSpec {
  /** One of the names in `Engine.baseModels()`. */
  readonly baseModel: string;
  readonly lora: LoraSettings;
}

/** A base model the engine offers. */
export interface BaseModelInfo {
  readonly name: string;
  /** Longest sequence, in tokens. */
  readonly maxContextLength: number;
  /** Token ids run from 0 to `vocabSize` - 1. */
  readonly vocabSize: number;
  /** Width of the residual stream. */
  readonly width: number;
  readonly layers: number;
}

/** One sequence; its arrays have the same length, one entry per position (wire protocol §9.4). */
export interface TrainingDatum {
  /** What errors call it; default "Datum" and its place in the call. */
  readonly name?: string | undefined;
  readonly tokens: Int32Array;
  /** The token each position is to predict: targets are shifted already. */
  readonly targetTokens: Int32Array;
  /** What each position counts for: the `weights` of cross_entropy, the `advantages` of the other losses. */
  readonly weights: Float32Array;
  /** Log-probabilities of the targets under the policy that sampled them; needed by all losses but cross_entropy. */
  readonly samplingLogprobs?: Float32Array | undefined;
}

/** The losses the engine computes; formulas in wire protocol §9.4. */
export type LossName = 'cross_entropy' | 'importance_sampling' | 'ppo' | 'cispo';

/** Bounds of the ratio of probabilities, absolute numbers (1 is no change); used by ppo and cispo. */
export interface ClipBounds {
  readonly low: number;
  readonly high: number;
}

/** What a pass returns. */
export interface PassResult {
  /** Log-probability of each target token, one array per datum in the order given. */
  readonly logprobs: Float32Array[];
  /** Sum of the loss over all positions of all datums. */
  readonly lossSum: number;
}

/** Hyper-parameters of one optimizer step; all are given with every call (wire protocol §2.4). */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled: multiplied by the learning rate, not mixed into the gradient. */
  readonly weightDecay: number;
  /** Largest global gradient norm; 0 switches clipping off. */
  readonly gradClipNorm: number;
}

/** What an optimizer step returns. */
export interface OptimStepResult {
  /** Global norm of the accumulated gradient, before clipping. */
  readonly gradNorm: number;
  /** Number of optimizer steps taken since the optimizer was fresh, this one included. */
  readonly step: number;
}

/** What the caller says about a checkpoint being written. */
export interface CheckpointMeta {
  /** The run (model id) whose state is saved. */
  readonly parentRun: string;
  /** ISO 8601 time of the save. */
  readonly createdAt: string;
  /** ISO 8601 time after which the checkpoint counts as expired; null for never. */
  readonly expiresAt: string | null;
  /** Whether an existing checkpoint in that directory is replaced; otherwise it is an error. */
  readonly overwrite: boolean;
  /** A checkpoint for sampling holds the adapter only. Default `weights`, with optimizer state. */
  readonly kind?: CheckpointKind | undefined;
}

/** What a save returns. */
export interface SaveResult {
  /** Size of all files together. */
  readonly sizeBytes: number;
  readonly timings: CheckpointTimings;
}

/** What a load returns. */
export interface LoadResult {
  /** Optimizer steps the model has taken now; 0 after a load of weights only. */
  readonly step: number;
  readonly timings: LoadTimings;
}

/** The engine as the server sees it. */
export interface Engine {
  /** The base models on offer. */
  baseModels(): readonly BaseModelInfo[];
  /** Makes a model with a fresh adapter (second factors zero) and a fresh optimizer. */
  createModel(modelId: string, spec: ModelSpec): Promise<void>;
  /** Forgets a model; later calls that name it fail with category `user`. */
  unloadModel(modelId: string): Promise<void>;
  /** Computes log-probabilities and loss; changes nothing. Without `clip` the loss's own bounds apply. */
  forward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): Promise<PassResult>;
  /** The same, and adds the gradient of the loss to what is accumulated since the last optimizer step. */
  forwardBackward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): Promise<PassResult>;
  /**
   * Applies AdamW to the accumulated gradient and clears it. Without any accumulated gradient the
   * gradient counts as zero: the step is taken, moments decay, and weight decay applies.
   */
  optimStep(modelId: string, adam: AdamSettings): Promise<OptimStepResult>;
  /** Writes adapter and optimizer state; accumulated gradients are not part of a checkpoint. */
  saveCheckpoint(modelId: string, directory: string, meta: CheckpointMeta): Promise<SaveResult>;
  /**
   * Replaces the adapter, and with `optimizer` the moments and the step count (otherwise the
   * optimizer starts fresh). Accumulated gradients belong to the old weights and are cleared. The
   * checkpoint is verified first: after a failure the model is as it was.
   */
  loadCheckpoint(modelId: string, directory: string, options: { optimizer: boolean }): Promise<LoadResult>;
  /**
   * Draws samples. Calls are worked on side by side, in a thread of their own: they wait neither for
   * each other nor for training. The same work with the same weights gives the same result.
   * @param signal ends it: what was drawn is given up
   * @throws EngineError `user` when the signal ended it
   */
  sample(weights: SamplerWeights, work: SampleWork, signal?: AbortSignal): Promise<SampleOutput>;
  /** Gives the memory of an adapter that is not sampled from any more back; `sha256` is that of its file. */
  forgetAdapter(sha256: string): void;
  /** Lets the running training call finish, rejects the waiting ones and all samples, and stops the workers. */
  close(): Promise<void>;
}
