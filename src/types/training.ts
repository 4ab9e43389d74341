import * as t from 'io-ts';
import { DatumFromJson } from './data.js';
import { FiniteNumber, Integer, MetricValue, UserMetadata } from './ids.js';
import { constant, field, filled, message, optional } from './message.js';
import { recordOf } from './record.js';
import { TensorFromJson } from './tensor-json.js';
import { Unsigned64 } from './whole-number.js';

/** The adapter of a model (wire protocol §2.3). */
export const LoraConfig = message('LoraConfig', {
  /** LoRA rank, 1 or more. */
  rank: field('rank', Integer),
  /** Seed of the adapter's initial values; the server's choice when absent. */
  seed: optional('seed', Unsigned64),
  /** Whether the adapter covers the unembedding. */
  trainUnembed: filled('train_unembed', t.boolean, true),
  /** Whether the adapter covers the MLP layers. */
  trainMlp: filled('train_mlp', t.boolean, true),
  /** Whether the adapter covers the attention layers. */
  trainAttn: filled('train_attn', t.boolean, true),
});
export type LoraConfig = t.TypeOf<typeof LoraConfig>;

/** Creates a model with a fresh adapter (§2.3). */
export const CreateModelRequest = message('CreateModelRequest', {
  sessionId: field('session_id', t.string),
  modelSeqId: field('model_seq_id', Integer),
  baseModel: field('base_model', t.string),
  userMetadata: optional('user_metadata', UserMetadata),
  loraConfig: optional('lora_config', LoraConfig),
  type: constant('type', 'create_model'),
});
export type CreateModelRequest = t.TypeOf<typeof CreateModelRequest>;

/** The created model; its id is also the id of the training run (§2.3). */
export const CreateModelResponse = message('CreateModelResponse', { modelId: field('model_id', t.string) });
export type CreateModelResponse = t.TypeOf<typeof CreateModelResponse>;

/** Drops a model from the server (§2.3). */
export const UnloadModelRequest = message('UnloadModelRequest', {
  modelId: field('model_id', t.string),
  type: constant('type', 'unload_model'),
});
export type UnloadModelRequest = t.TypeOf<typeof UnloadModelRequest>;

/** The model that was dropped; of what a server says here nothing is needed (§2.3). */
export const UnloadModelResponse = message('UnloadModelResponse', { modelId: optional('model_id', t.string) });
export type UnloadModelResponse = t.TypeOf<typeof UnloadModelResponse>;

/** Asks what a model is (§2.3). */
export const GetInfoRequest = message('GetInfoRequest', {
  modelId: field('model_id', t.string),
  type: constant('type', 'get_info'),
});
export type GetInfoRequest = t.TypeOf<typeof GetInfoRequest>;

/** Names under which a model is known; any of them may be missing on a self-hosted server. */
export const ModelData = message('ModelData', {
  /** The architecture's name. */
  arch: optional('arch', t.string),
  /** The base model. */
  modelName: optional('model_name', t.string),
  /** Hub address of its tokenizer, perhaps with a revision after a `:`. */
  tokenizerId: optional('tokenizer_id', t.string),
});
export type ModelData = t.TypeOf<typeof ModelData>;

/** What a model is (§2.3). */
export const GetInfoResponse = message('GetInfoResponse', {
  /** The model's id, which is also that of its training run. */
  modelId: field('model_id', t.string),
  /** Names of its base model. */
  modelData: field('model_data', ModelData),
  /** Whether an adapter is trained; absent where the server does not say. */
  isLora: optional('is_lora', t.boolean),
  /** LoRA rank; absent where the server does not say. */
  loraRank: optional('lora_rank', Integer),
  /** The base model; absent where only `modelData` says it. */
  modelName: optional('model_name', t.string),
});
export type GetInfoResponse = t.TypeOf<typeof GetInfoResponse>;

/** Loss functions that the protocol names (§9.4); servers may offer more. */
export type LossFn =
  | 'cross_entropy'
  | 'importance_sampling'
  | 'ppo'
  | 'cispo'
  | 'dro'
  // Keeps completion of the known names while any other name is allowed.
  | (string & Record<never, never>);

/** Settings of a loss function, by the server's own names. */
export const LossFnConfig = recordOf(FiniteNumber, 'LossFnConfig');
export type LossFnConfig = t.TypeOf<typeof LossFnConfig>;

/** Data and loss of one pass in the JSON dialect (Appendix C). */
export const PassInput = message('PassInput', {
  data: field('data', t.readonlyArray(DatumFromJson)),
  lossFn: field('loss_fn', t.string),
  lossFnConfig: optional('loss_fn_config', LossFnConfig),
});
export type PassInput = t.TypeOf<typeof PassInput>;

/** A pass that adds to the gradients, in the JSON dialect (Appendix C). */
export const ForwardBackwardRequest = message('ForwardBackwardRequest', {
  forwardBackwardInput: field('forward_backward_input', PassInput),
  modelId: field('model_id', t.string),
  seqId: optional('seq_id', Integer),
});
export type ForwardBackwardRequest = t.TypeOf<typeof ForwardBackwardRequest>;

/** A pass that leaves the gradients alone, in the JSON dialect (Appendix C). */
export const ForwardRequest = message('ForwardRequest', {
  forwardInput: field('forward_input', PassInput),
  modelId: field('model_id', t.string),
  seqId: optional('seq_id', Integer),
});
export type ForwardRequest = t.TypeOf<typeof ForwardRequest>;

/** Numbers by the server's own names. Where a server could only write null, for NaN in JSON, it is NaN. */
const Metrics = recordOf(MetricValue, 'Metrics');

/** Result of a pass: per datum its named tensors, and metrics over all of them (§5.4). */
export const ForwardBackwardOutput = message('ForwardBackwardOutput', {
  /** The server's name for the kind of its outputs; nothing here depends on it. */
  lossFnOutputType: filled('loss_fn_output_type', t.string, 'ArrayRecord'),
  /** One record per datum, in request order; `logprobs` holds one log-probability per target token, in the targets' shape. */
  lossFnOutputs: field('loss_fn_outputs', t.readonlyArray(recordOf(TensorFromJson, 'LossFnOutput'))),
  /** For example `loss:sum`, the loss summed over all positions of all datums. */
  metrics: filled('metrics', Metrics, {}),
});
export type ForwardBackwardOutput = t.TypeOf<typeof ForwardBackwardOutput>;

/** AdamW's settings, sent with every optimizer step (§2.4). */
export const AdamParams = message('AdamParams', {
  /** Step size, 0 or more. */
  learningRate: filled('learning_rate', FiniteNumber, 1e-4),
  /** Decay of the gradients' running mean. */
  beta1: filled('beta1', FiniteNumber, 0.9),
  /** Decay of the running mean of the gradients' squares. */
  beta2: filled('beta2', FiniteNumber, 0.95),
  /** Keeps the division by the root of the squares from exploding. */
  eps: filled('eps', FiniteNumber, 1e-12),
  /** Decoupled weight decay. */
  weightDecay: filled('weight_decay', FiniteNumber, 0),
  /** Largest global norm of the gradients; 0 turns clipping off. */
  gradClipNorm: filled('grad_clip_norm', FiniteNumber, 0),
});
export type AdamParams = t.TypeOf<typeof AdamParams>;

/** Applies the gathered gradients and clears them (§2.4). */
export const OptimStepRequest = message('OptimStepRequest', {
  adamParams: field('adam_params', AdamParams),
  modelId: field('model_id', t.string),
  seqId: optional('seq_id', Integer),
  type: constant('type', 'optim_step'),
});
export type OptimStepRequest = t.TypeOf<typeof OptimStepRequest>;

/** Result of an optimizer step; the names of the metrics are the server's own (§2.4). */
export const OptimStepResponse = message('OptimStepResponse', {
  /** Absent where the server gives none. */
  metrics: optional('metrics', Metrics),
});
export type OptimStepResponse = t.TypeOf<typeof OptimStepResponse>;
