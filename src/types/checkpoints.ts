import * as t from 'io-ts';
import { Integer, UserMetadata } from './ids.js';
import { constant, field, filled, message, optional } from './message.js';

/** Saves weights and optimizer state under a name (wire protocol §2.5). */
export const SaveWeightsRequest = message('SaveWeightsRequest', {
  modelId: field('model_id', t.string),
  /** The checkpoint's name, not a whole path. */
  path: optional('path', t.string),
  seqId: optional('seq_id', Integer),
  ttlSeconds: optional('ttl_seconds', Integer),
  overwrite: filled('overwrite', t.boolean, false),
  type: constant('type', 'save_weights'),
});
export type SaveWeightsRequest = t.TypeOf<typeof SaveWeightsRequest>;

/** Where the checkpoint was saved (§2.5). */
export const SaveWeightsResponse = message('SaveWeightsResponse', {
  /** A checkpoint path, `tinker://RUN/weights/NAME`. */
  path: field('path', t.string),
});
export type SaveWeightsResponse = t.TypeOf<typeof SaveWeightsResponse>;

/**
 * Saves weights to sample from: under a name (`path`), or without one for a sampling session of its own
 * (`samplingSessionSeqId`) (§2.5).
 */
export const SaveWeightsForSamplerRequest = message('SaveWeightsForSamplerRequest', {
  modelId: field('model_id', t.string),
  /** The checkpoint's name, not a whole path. */
  path: optional('path', t.string),
  samplingSessionSeqId: optional('sampling_session_seq_id', Integer),
  seqId: optional('seq_id', Integer),
  ttlSeconds: optional('ttl_seconds', Integer),
  type: constant('type', 'save_weights_for_sampler'),
});
export type SaveWeightsForSamplerRequest = t.TypeOf<typeof SaveWeightsForSamplerRequest>;

/** The checkpoint of a named save, or the sampling session of one without a name (§2.5). */
export const SaveWeightsForSamplerResponse = message('SaveWeightsForSamplerResponse', {
  /** A checkpoint path, `tinker://RUN/sampler_weights/NAME`; self-hosted servers leave the kind out. */
  path: optional('path', t.string),
  samplingSessionId: optional('sampling_session_id', t.string),
});
export type SaveWeightsForSamplerResponse = t.TypeOf<typeof SaveWeightsForSamplerResponse>;

/**
 * Loads a checkpoint: into a model (`modelId`, `seqId`), or creating the model by loading
 * (`sessionId`, `modelSeqId`, and optionally `baseModel`, `userMetadata`) (§2.5).
 */
export const LoadWeightsRequest = message('LoadWeightsRequest', {
  modelId: optional('model_id', t.string),
  sessionId: optional('session_id', t.string),
  modelSeqId: optional('model_seq_id', Integer),
  baseModel: optional('base_model', t.string),
  userMetadata: optional('user_metadata', UserMetadata),
  path: field('path', t.string),
  seqId: optional('seq_id', Integer),
  /** Whether the optimizer's state is restored too. */
  optimizer: filled('optimizer', t.boolean, false),
  weightsAccessToken: optional('weights_access_token', t.string),
  type: constant('type', 'load_weights'),
});
export type LoadWeightsRequest = t.TypeOf<typeof LoadWeightsRequest>;

/** Result of a load; servers may answer with nothing in it (§2.5). */
export const LoadWeightsResponse = message('LoadWeightsResponse', {
  /** The checkpoint that was loaded. */
  path: optional('path', t.string),
  /** The model that it was loaded into. */
  modelId: optional('model_id', t.string),
});
export type LoadWeightsResponse = t.TypeOf<typeof LoadWeightsResponse>;

/** Asks what a checkpoint holds (§2.5). */
export const WeightsInfoRequest = message('WeightsInfoRequest', { tinkerPath: field('tinker_path', t.string) });
export type WeightsInfoRequest = t.TypeOf<typeof WeightsInfoRequest>;

/** What a checkpoint holds; absent `train…` flags mean true (§2.5). */
export const WeightsInfoResponse = message('WeightsInfoResponse', {
  /** The base model that the weights belong to. */
  baseModel: field('base_model', t.string),
  /** Whether it holds an adapter. */
  isLora: field('is_lora', t.boolean),
  /** LoRA rank; absent where there is no adapter. */
  loraRank: optional('lora_rank', Integer),
  /** Whether the adapter covers the unembedding. */
  trainUnembed: filled('train_unembed', t.boolean, true),
  /** Whether the adapter covers the MLP layers. */
  trainMlp: filled('train_mlp', t.boolean, true),
  /** Whether the adapter covers the attention layers. */
  trainAttn: filled('train_attn', t.boolean, true),
});
export type WeightsInfoResponse = t.TypeOf<typeof WeightsInfoResponse>;
