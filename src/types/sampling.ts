import * as t from 'io-ts';
import { ModelInputFromJson } from './data.js';
import { FiniteNumber, Integer } from './ids.js';
import { constant, field, filled, message, optional } from './message.js';
import { LogprobsFromJson, NullableLogprobs, TopkPromptLogprobsFromJson } from './sampling-json.js';
import { Tokens } from './tokens.js';
import { Unsigned64 } from './whole-number.js';

/** Where a sequence ends: at a text, at one of several texts, or at one of several tokens (wire protocol §2.6). */
export type StopCondition = string | readonly string[] | readonly number[];

function isStopCondition(value: unknown): value is StopCondition {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && (value.every((entry) => typeof entry === 'string') || value.every((entry) => Integer.is(entry)));
}

const StopConditionFromJson = new t.Type<StopCondition>(
  'StopCondition',
  isStopCondition,
  (value, context) =>
    isStopCondition(value) ? t.success(value) : t.failure(value, context, 'expected a string, an array of strings or an array of token ids'),
  t.identity,
);

/** How tokens are drawn (§2.6). */
export const SamplingParams = message('SamplingParams', {
  /** Most tokens of a sequence; the server's choice when absent. */
  maxTokens: optional('max_tokens', Integer),
  /** The server's choice when absent. */
  seed: optional('seed', Unsigned64),
  stop: optional('stop', StopConditionFromJson),
  /** 0 takes the likeliest token always. */
  temperature: filled('temperature', FiniteNumber, 1),
  /** Draws among this many of the likeliest tokens only; -1 among all. */
  topK: filled('top_k', Integer, -1),
  /** Draws among the likeliest tokens that together have this probability. */
  topP: filled('top_p', FiniteNumber, 1),
});
export type SamplingParams = t.TypeOf<typeof SamplingParams>;

/** Asks for sequences that continue a prompt (§2.6). */
export const SampleRequest = message('SampleRequest', {
  numSamples: filled('num_samples', Integer, 1),
  prompt: field('prompt', ModelInputFromJson),
  samplingParams: field('sampling_params', SamplingParams),
  baseModel: optional('base_model', t.string),
  modelPath: optional('model_path', t.string),
  samplingSessionId: optional('sampling_session_id', t.string),
  /** From 0 per sampling session, or from a high random number (§4.6). */
  seqId: optional('seq_id', Unsigned64),
  /** Whether the log-probabilities of the prompt's own tokens are wanted. */
  promptLogprobs: optional('prompt_logprobs', t.boolean),
  /** How many of the likeliest tokens are wanted at each place of the prompt; 0 for none. */
  topkPromptLogprobs: filled('topk_prompt_logprobs', Integer, 0),
  type: constant('type', 'sample'),
});
export type SampleRequest = t.TypeOf<typeof SampleRequest>;

/** Binds base weights or a sampler checkpoint to a session that is sampled from (§2.2). */
export const CreateSamplingSessionRequest = message('CreateSamplingSessionRequest', {
  sessionId: field('session_id', t.string),
  samplingSessionSeqId: field('sampling_session_seq_id', Integer),
  baseModel: optional('base_model', t.string),
  modelPath: optional('model_path', t.string),
  type: constant('type', 'create_sampling_session'),
});
export type CreateSamplingSessionRequest = t.TypeOf<typeof CreateSamplingSessionRequest>;

/** The session that samples are asked from (§2.2). */
export const CreateSamplingSessionResponse = message('CreateSamplingSessionResponse', {
  samplingSessionId: field('sampling_session_id', t.string),
});
export type CreateSamplingSessionResponse = t.TypeOf<typeof CreateSamplingSessionResponse>;

/** Asks what a sampling session samples from (§2.6). */
export const GetSamplerRequest = message('GetSamplerRequest', { samplerId: field('sampler_id', t.string) });
export type GetSamplerRequest = t.TypeOf<typeof GetSamplerRequest>;

/** What a sampling session samples from (§2.6). */
export const GetSamplerResponse = message('GetSamplerResponse', {
  /** The id of the sampling session. */
  samplerId: field('sampler_id', t.string),
  /** The base model, whose adapter the checkpoint is where there is one. */
  baseModel: field('base_model', t.string),
  /** The sampler checkpoint; absent where it is the base model. */
  modelPath: optional('model_path', t.string),
});
export type GetSamplerResponse = t.TypeOf<typeof GetSamplerResponse>;

/** Why a sequence ended: at a stop condition, or at its longest. What else a server says is passed on as it is. */
export type StopReason =
  | 'stop'
  | 'length'
  // Keeps completion of the known reasons while any other is passed on.
  | (string & Record<never, never>);

const StopReasonText: t.Type<StopReason> = t.string;

/** One sequence that the model drew (§5.5). */
export const SampledSequence = message('SampledSequence', {
  /** Why it ended: `stop` at a stop condition, `length` at `maxTokens`. */
  stopReason: field('stop_reason', StopReasonText),
  /** The tokens after the prompt, the one that ended the sequence included. */
  tokens: field('tokens', Tokens),
  /** Log-probability of each token; absent where the server gives none. */
  logprobs: optional('logprobs', LogprobsFromJson),
});
export type SampledSequence = t.TypeOf<typeof SampledSequence>;

/** What came of a sample, in the JSON dialect too (§5.5, Appendix C). */
export const SampleResponse = message('SampleResponse', {
  /** As many as were asked for. */
  sequences: field('sequences', t.readonlyArray(SampledSequence)),
  /** Log-probability of each token of the prompt given those before it, null where it has none; absent unless asked for. */
  promptLogprobs: optional('prompt_logprobs', NullableLogprobs),
  /** Per token of the prompt the likeliest tokens in its place, null where there are none; absent unless asked for. */
  topkPromptLogprobs: optional('topk_prompt_logprobs', TopkPromptLogprobsFromJson),
  /** Tokens of the prompt that the server had in its cache. */
  promptCacheHitTokens: filled('prompt_cache_hit_tokens', Integer, 0),
});
export type SampleResponse = t.TypeOf<typeof SampleResponse>;
