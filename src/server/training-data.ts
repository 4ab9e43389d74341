import type { PassInput } from '../types/training.js';
import { TensorData } from '../types/tensor.js';
import type { ClipBounds, LossName, PassResult, TrainingDatum } from './engine/engine.js';
import { EngineError, userError } from './engine/engine-error.js';
import { DEFAULT_CLIP, LOSS_NAMES } from './engine/losses.js';
import { textTokens } from './text-tokens.js';

/** The settings of losses that clip, by their names on the wire. */
const clipKeys = { clip_low_threshold: 'low', clip_high_threshold: 'high' } as const;

/** What the engine is to compute, checked as far as it can be without knowing the model. */
export interface PassWork {
  readonly data: readonly TrainingDatum[];
  readonly lossFn: LossName;
  /** Bounds of the ratio; undefined for a loss that clips nothing. */
  readonly clip: ClipBounds | undefined;
}

/**
 * Takes a pass as it came over the wire apart (wire protocol §9.4).
 * @throws EngineError `user` naming the datum and the field
 */
export function toPassWork(input: PassInput): PassWork {
  const lossFn = toLossName(input.lossFn);
  const clip = toClip(lossFn, input.lossFnConfig ?? {});
  if (input.data.length === 0) throw userError('data: the batch is empty; send at least one datum.');
  return { lossFn, clip, data: input.data.map((datum, index) => toDatum(datum, index, lossFn)) };
}

function toLossName(given: string): LossName {
  const found = LOSS_NAMES.find((name) => name === given);
  if (found !== undefined) return found;
  const why = given === 'dro' ? '"dro" is not offered by this server, because its formula is not public' : `"${given}" is not offered by this server`;
  throw userError(`loss_fn: ${why}; it offers ${LOSS_NAMES.join(', ')}.`);
}

function toClip(lossFn: LossName, config: Readonly<Record<string, number>>): ClipBounds | undefined {
  const usual = DEFAULT_CLIP[lossFn];
  const allowed: readonly string[] = usual === undefined ? [] : Object.keys(clipKeys);
  const unknown = Object.keys(config).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    const takes = allowed.length === 0 ? 'no settings' : allowed.join(' and ');
    throw userError(`loss_fn_config: ${lossFn} takes ${takes}, but ${unknown.join(', ')} was given`);
  }
  if (usual === undefined) return undefined;
  const { clip_low_threshold: low = usual.low, clip_high_threshold: high = usual.high } = config;
  if (low >= 0 && high >= low) return { low, high };
  throw userError(
    `loss_fn_config: clip_low_threshold is ${low} and clip_high_threshold ${high}; they bound the ratio of probabilities, so 0 or more, the lower first.`,
  );
}

function toDatum(datum: PassInput['data'][number], index: number, lossFn: LossName): TrainingDatum {
  const at = `data[${index}].loss_fn_inputs`;
  const inputs = datum.lossFnInputs;
  const allowed = lossFn === 'cross_entropy' ? ['target_tokens', 'weights'] : ['target_tokens', 'logprobs', 'advantages'];
  const unknown = Object.keys(inputs).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) throw userError(`${at}: ${unknown.join(', ')} is not used by ${lossFn}; it takes ${allowed.join(', ')}.`);
  const tokens = textTokens(datum.modelInput, `data[${index}].model_input`);
  const target = perPosition(inputs['target_tokens'], `${at}.target_tokens`, 'token');
  if (!(target.data instanceof Int32Array)) throw userError(`${at}.target_tokens: not token ids; expected int64 values of at most 2147483647.`);
  const facts = { tokens, targetTokens: target.data };
  if (lossFn === 'cross_entropy') {
    const weights = inputs['weights'] === undefined ? new Float32Array(tokens.length).fill(1) : numbersOf(inputs, 'weights', at);
    return { ...facts, weights };
  }
  return { ...facts, weights: numbersOf(inputs, 'advantages', at), samplingLogprobs: numbersOf(inputs, 'logprobs', at) };
}

function numbersOf(inputs: Readonly<Record<string, TensorData>>, name: string, at: string): Float32Array {
  const tensor = perPosition(inputs[name], `${at}.${name}`, 'number');
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.toNumbers());
}

function perPosition(tensor: TensorData | undefined, at: string, what: string): TensorData {
  if (tensor === undefined) throw userError(`${at}: missing; give one ${what} per position.`);
  if (tensor.shape.length === 1) return tensor;
  throw userError(`${at}: has shape [${tensor.shape.join(', ')}], expected one dimension: this server trains on one target per position.`);
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
