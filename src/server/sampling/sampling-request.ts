import { randomBytes } from 'node:crypto';
import type { SampleRequest, SampleResponse, SamplingParams, StopCondition } from '../../types/sampling.js';
import type { BaseModelInfo } from '../engine/engine.js';
import { userError } from '../engine/engine-error.js';
import type { SampleOutput, SampleWork } from '../engine/sampling/sampling.js';
import { textTokens } from '../training/text-tokens.js';

const mostSamples = 1024;

/**
 * Takes a request for samples apart (wire protocol §2.6, §9.6).
 * @throws EngineError `user` naming the field, what was given and what is allowed
 */
export function toSampleWork(request: SampleRequest, model: BaseModelInfo): SampleWork {
  const { numSamples, samplingParams: params, topkPromptLogprobs: topk } = request;
  const prompt = textTokens(request.prompt, 'prompt');
  if (prompt.length === 0) throw userError('prompt: is empty; give at least one token.');
  checkTokens(prompt, 'prompt', model);
  check('num_samples', numSamples, `a whole number from 1 to ${mostSamples}`, numSamples >= 1 && numSamples <= mostSamples);
  check('topk_prompt_logprobs', topk, `a whole number from 0 to ${model.vocabSize}`, topk >= 0 && topk <= model.vocabSize);
  check('sampling_params.temperature', params.temperature, 'at least 0', params.temperature >= 0);
  check('sampling_params.top_k', params.topK, '-1 for all tokens, or at least 1', params.topK === -1 || params.topK >= 1);
  check('sampling_params.top_p', params.topP, 'above 0 and at most 1', params.topP > 0 && params.topP <= 1);
  return {
    prompt,
    numSamples,
    maxTokens: toMaxTokens(params, prompt.length, model),
    temperature: params.temperature,
    topK: params.topK,
    topP: params.topP,
    seed: params.seed === undefined ? randomBytes(8).readBigUInt64LE() : BigInt(params.seed),
    stops: toStops(params.stop, model),
    // The likeliest tokens tell little without what the prompt's own tokens got.
    promptLogprobs: request.promptLogprobs === true || topk > 0,
    topkPromptLogprobs: topk,
  };
}

/** What was drawn as the message that goes out. */
export function toSampleResponse(output: SampleOutput): SampleResponse {
  const { sequences, promptLogprobs, topkPromptLogprobs, promptCacheHitTokens } = output;
  return {
    sequences,
    promptLogprobs: promptLogprobs && Array.from(promptLogprobs, (logprob) => (Number.isNaN(logprob) ? null : logprob)),
    topkPromptLogprobs: topkPromptLogprobs?.map((row) => row?.map(([token, logprob]) => ({ token, logprob })) ?? null),
    promptCacheHitTokens,
  };
}

/** Absent: as many as the context holds. */
function toMaxTokens({ maxTokens }: SamplingParams, length: number, { maxContextLength }: BaseModelInfo): number {
  const wanted = maxTokens ?? Math.max(1, maxContextLength - length);
  check('sampling_params.max_tokens', wanted, 'at least 1; leave it out to sample up to the end of the context', wanted >= 1);
  if (length + wanted <= maxContextLength) return wanted;
  throw userError(
    `Prompt length plus max_tokens exceeds the model's context window: ${length} + ${wanted} > ${maxContextLength}. Shorten the prompt or lower max_tokens.`,
  );
}

/** Texts as the tokens that they are: the local models' tokens are bytes. */
function toStops(stop: StopCondition | undefined, model: BaseModelInfo): Int32Array[] {
  const given = typeof stop === 'string' ? [stop] : (stop ?? []);
  return given.map((end, index) => {
    const tokens = typeof end === 'number' ? Int32Array.of(end) : Int32Array.from(Buffer.from(end, 'utf8'));
    if (tokens.length === 0) throw userError(`sampling_params.stop[${index}]: is empty, so every sequence would end at once; leave it out.`);
    if (typeof end === 'number') checkTokens([end], 'sampling_params.stop', model);
    return tokens;
  });
}

function checkTokens(tokens: ArrayLike<number>, at: string, { name, vocabSize }: BaseModelInfo): void {
  const bad = Array.prototype.findIndex.call(tokens, (token: number) => !(token >= 0 && token < vocabSize));
  if (bad === -1) return;
  throw userError(
    `${at}: the token at position ${bad} is ${tokens[bad] ?? Number.NaN}, but ${name} has token ids from 0 to ${vocabSize - 1}. Encode the text with this model's tokenizer.`,
  );
}

function check(field: string, given: number, allowed: string, isAllowed: boolean): void {
  if (!isAllowed) throw userError(`${field}: got ${given}, expected ${allowed}.`);
}
