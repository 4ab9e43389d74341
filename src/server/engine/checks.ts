/**
 * Checks of what a caller hands to the engine.
 *
 * They come before any computation, because the device does not check: an id outside the vocabulary
 * would read some other number and give a wrong loss without any sign of it.
 */
import type { DecoderConfig } from './base-models.js';
import type { AdamSettings, ClipBounds, LoraSettings, LossName, TrainingDatum } from './engine.js';
import { userError } from './engine-error.js';

/** Largest LoRA rank. */
export const MAX_RANK = 512;

/** Refuses adapter settings that make no model. */
export function checkLora(lora: LoraSettings): void {
  if (!Number.isInteger(lora.rank) || lora.rank < 1 || lora.rank > MAX_RANK) {
    throw userError(`LoRA rank must be an integer from 1 to ${MAX_RANK}, but is ${lora.rank}.`);
  }
  if (!Number.isSafeInteger(lora.seed) || lora.seed < 0) {
    throw userError(`LoRA seed must be an integer from 0 to 2^53 - 1, but is ${lora.seed}.`);
  }
  if (!lora.trainAttn && !lora.trainMlp && !lora.trainUnembed) {
    throw userError('At least one of train_attn, train_mlp and train_unembed must be true; all are false, so there is nothing to train.');
  }
}

/** Refuses data the model cannot process; the first problem found is reported. */
export function checkData(config: DecoderConfig, data: readonly TrainingDatum[], lossFn: LossName): void {
  if (data.length === 0) throw userError('The batch is empty; send at least one datum.');
  data.forEach((datum, index) => checkDatum(config, datum, index, lossFn));
}

/** Refuses bounds that hold no ratio. */
export function checkClip({ low, high }: ClipBounds): void {
  if (low >= 0 && high >= low) return;
  throw userError(`clip_low_threshold must be at least 0 and clip_high_threshold at least as large, but they are ${low} and ${high}.`);
}

/** Refuses hyper-parameters outside their range. */
export function checkAdam(adam: AdamSettings): void {
  const check = (field: string, value: number, allowed: string, ok: boolean): void => {
    if (!Number.isFinite(value) || !ok) throw userError(`${field} must be ${allowed}, but is ${value}.`);
  };
  check('learning_rate', adam.learningRate, 'a finite number of at least 0', adam.learningRate >= 0);
  check('beta1', adam.beta1, 'at least 0 and below 1', adam.beta1 >= 0 && adam.beta1 < 1);
  check('beta2', adam.beta2, 'at least 0 and below 1', adam.beta2 >= 0 && adam.beta2 < 1);
  check('eps', adam.eps, 'a finite number above 0', adam.eps > 0);
  check('weight_decay', adam.weightDecay, 'a finite number of at least 0', adam.weightDecay >= 0);
  check('grad_clip_norm', adam.gradClipNorm, 'a finite number of at least 0 (0 switches clipping off)', adam.gradClipNorm >= 0);
}

function checkDatum(config: DecoderConfig, datum: TrainingDatum, index: number, lossFn: LossName): void {
  const { name = `Datum ${index}`, tokens, targetTokens, weights, samplingLogprobs } = datum;
  const [weightsName, weightName] = lossFn === 'cross_entropy' ? ['weights', 'weight'] as const : ['advantages', 'advantage'] as const;
  if (tokens.length === 0) throw userError(`${name} is empty; each datum needs at least one token.`);
  if (tokens.length > config.maxContextLength) {
    throw userError(
      `${name} has ${tokens.length} tokens, but ${config.name} takes at most ${config.maxContextLength}. Split it into shorter sequences.`,
    );
  }
  if (targetTokens.length !== tokens.length) {
    throw userError(`${name} has ${tokens.length} tokens but ${targetTokens.length} target_tokens; there must be one target per token.`);
  }
  if (weights.length !== tokens.length) {
    throw userError(`${name} has ${tokens.length} tokens but ${weights.length} ${weightsName}; there must be one ${weightName} per token.`);
  }
  if (lossFn !== 'cross_entropy' && samplingLogprobs?.length !== tokens.length) {
    throw userError(`${name} has ${tokens.length} tokens but ${samplingLogprobs?.length ?? 0} logprobs; there must be one log-probability per token.`);
  }
  checkIds(config, tokens, name, 'token');
  checkIds(config, targetTokens, name, 'target token');
  checkFinite(weights, name, weightName, weightsName);
  if (samplingLogprobs !== undefined) checkFinite(samplingLogprobs, name, 'log-probability', 'logprobs');
}

function checkFinite(values: Float32Array, datum: string, kind: string, name: string): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw userError(`${datum}: the ${kind} at position ${bad} is ${values[bad] ?? Number.NaN}; ${name} must be finite numbers.`);
}

function checkIds(config: DecoderConfig, ids: Int32Array, datum: string, kind: string): void {
  const bad = ids.findIndex((id) => id < 0 || id >= config.vocabSize);
  if (bad >= 0) {
    throw userError(
      `${datum}: the ${kind} at position ${bad} is ${ids[bad] ?? Number.NaN}, but ${config.name} has token ids from 0 to ${config.vocabSize - 1}. Encode the text with this model's tokenizer.`,
    );
  }
}
