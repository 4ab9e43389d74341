/**
 * Checks of what a caller hands to the engine.
 *
 * They come before any computation, because the device does not check: an id outside the vocabulary
 * would read some other number and give a wrong loss without any sign of it.
 */
import type { DecoderConfig } from './base-models.js';
import type { AdamSettings, LoraSettings, TrainingDatum } from './engine.js';
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
export function checkData(config: DecoderConfig, data: readonly TrainingDatum[]): void {
  if (data.length === 0) throw userError('The batch is empty; send at least one datum.');
  data.forEach((datum, index) => checkDatum(config, datum, index));
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

function checkDatum(config: DecoderConfig, datum: TrainingDatum, index: number): void {
  const { tokens, targetTokens, weights } = datum;
  if (tokens.length === 0) throw userError(`Datum ${index} is empty; each datum needs at least one token.`);
  if (tokens.length > config.maxContextLength) {
    throw userError(
      `Datum ${index} has ${tokens.length} tokens, but ${config.name} takes at most ${config.maxContextLength}. Split it into shorter sequences.`,
    );
  }
  if (targetTokens.length !== tokens.length) {
    throw userError(`Datum ${index} has ${tokens.length} tokens but ${targetTokens.length} target_tokens; there must be one target per token.`);
  }
  if (weights.length !== tokens.length) {
    throw userError(`Datum ${index} has ${tokens.length} tokens but ${weights.length} weights; there must be one weight per token.`);
  }
  checkIds(config, tokens, index, 'token');
  checkIds(config, targetTokens, index, 'target token');
  const bad = weights.findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0) {
    throw userError(`Datum ${index}: the weight at position ${bad} is ${weights[bad] ?? Number.NaN}; weights must be finite numbers.`);
  }
}

function checkIds(config: DecoderConfig, ids: Int32Array, index: number, kind: string): void {
  const bad = ids.findIndex((id) => id < 0 || id >= config.vocabSize);
  if (bad >= 0) {
    throw userError(
      `Datum ${index}: the ${kind} at position ${bad} is ${ids[bad] ?? Number.NaN}, but ${config.name} has token ids from 0 to ${config.vocabSize - 1}. Encode the text with this model's tokenizer.`,
    );
  }
}
