import type { PassInput } from '../types/training.js';
import { TensorData } from '../types/tensor.js';
import type { LossName, PassResult, TrainingDatum } from './engine/engine.js';
import { EngineError, userError } from './engine/engine-error.js';

const lossNames: readonly LossName[] = ['cross_entropy'];
const inputNames: readonly string[] = ['target_tokens', 'weights'];

/** What the engine is to compute, checked as far as it can be without knowing the model. */
export interface PassWork {
  readonly data: readonly TrainingDatum[];
  readonly lossFn: LossName;
}

/**
 * Takes a pass as it came over the wire apart (wire protocol §9.4).
 * @throws EngineError `user` naming the datum and the field
 */
export function toPassWork(input: PassInput): PassWork {
  const lossFn = lossNames.find((name) => name === input.lossFn);
  if (lossFn === undefined) {
    throw userError(`loss_fn: "${input.lossFn}" is not offered by this server; it offers ${lossNames.join(', ')}.`);
  }
  const settings = Object.keys(input.lossFnConfig ?? {});
  if (settings.length > 0) throw userError(`loss_fn_config: ${lossFn} takes no settings, but ${settings.join(', ')} was given`);
  if (input.data.length === 0) throw userError('data: the batch is empty; send at least one datum.');
  return { lossFn, data: input.data.map(toDatum) };
}

function toDatum(datum: PassInput['data'][number], index: number): TrainingDatum {
  const at = `data[${index}].loss_fn_inputs`;
  const unknown = Object.keys(datum.lossFnInputs).filter((name) => !inputNames.includes(name));
  if (unknown.length > 0) throw userError(`${at}: ${unknown.join(', ')} is not used by cross_entropy; it takes ${inputNames.join(', ')}.`);
  const { target_tokens: target, weights } = datum.lossFnInputs;
  if (target === undefined) throw userError(`${at}.target_tokens: missing; give one token per position.`);
  if (target.shape.length !== 1) throw userError(`${at}.target_tokens: has shape [${target.shape.join(', ')}], expected one dimension`);
  if (!(target.data instanceof Int32Array)) throw userError(`${at}.target_tokens: not token ids; expected int64 values of at most 2147483647.`);
  const tokens = Int32Array.from(datum.modelInput.toInts());
  return { tokens, targetTokens: target.data, weights: toWeights(weights, tokens.length) };
}

function toWeights(weights: TensorData | undefined, length: number): Float32Array {
  if (weights === undefined) return new Float32Array(length).fill(1);
  return weights.data instanceof Float32Array ? weights.data : Float32Array.from(weights.toNumbers());
}

/**
 * The engine's answer as the message that goes out.
 * @throws EngineError `user` when a number is not finite: JSON cannot carry it (wire protocol §3.2)
 */
export function toPassOutput(result: PassResult): {
  lossFnOutputType: string;
  lossFnOutputs: readonly Record<string, TensorData>[];
  metrics: Record<string, number>;
} {
  if (!Number.isFinite(result.lossSum) || result.logprobs.some((values) => !values.every(Number.isFinite))) {
    throw new EngineError(
      'user',
      'The loss is not a finite number any more: training has diverged. Load an earlier checkpoint and lower the learning rate.',
    );
  }
  return {
    lossFnOutputType: 'ArrayRecord',
    lossFnOutputs: result.logprobs.map((values) => ({ logprobs: new TensorData(values) })),
    metrics: { 'loss:sum': result.lossSum },
  };
}
