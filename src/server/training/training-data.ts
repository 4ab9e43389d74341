import type { PassInput } from '../../types/training.js';
import type { TensorData } from '../../types/tensor.js';
import { product } from '../../types/tensor-values.js';
import type { ClipBounds, LossName, PassResult, TrainingDatum } from '../engine/engine.js';
import { EngineError, userError } from '../engine/engine-error.js';
import { DEFAULT_CLIP, LOSS_NAMES } from '../engine/losses.js';
import { checkShape, columnOf, joinColumns, type TargetShape } from './target-columns.js';
import { textTokens } from './text-tokens.js';

/** The settings of losses that clip, by their names on the wire. */
const clipKeys = { clip_low_threshold: 'low', clip_high_threshold: 'high' } as const;

/** What the engine is to compute, checked as far as it can be without knowing the model. */
export interface PassWork {
  /** One sequence per column of targets: the engine knows one target per position only. */
  readonly data: readonly TrainingDatum[];
  /** Per datum as it was sent, the shape of its loss inputs and of its log-probabilities. */
  readonly shapes: readonly TargetShape[];
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
  const data = input.data.map((datum, index) => toDatum(datum, index, lossFn));
  return { lossFn, clip, data: data.flatMap(({ columns }) => columns), shapes: data.map(({ shape }) => shape) };
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

function toDatum(datum: PassInput['data'][number], index: number, lossFn: LossName): { shape: TargetShape; columns: readonly TrainingDatum[] } {
  const at = `data[${index}].loss_fn_inputs`;
  const inputs = datum.lossFnInputs;
  const allowed = lossFn === 'cross_entropy' ? ['target_tokens', 'weights'] : ['target_tokens', 'logprobs', 'advantages'];
  const unknown = Object.keys(inputs).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) throw userError(`${at}: ${unknown.join(', ')} is not used by ${lossFn}; it takes ${allowed.join(', ')}.`);
  const tokens = textTokens(datum.modelInput, `data[${index}].model_input`);
  const target = inputs['target_tokens'];
  if (target === undefined) throw userError(`${at}.target_tokens: missing; give one token per position.`);
  const shape = checkShape(target.shape, tokens.length, `${at}.target_tokens`);
  const { data: targets } = target;
  if (!(targets instanceof Int32Array)) throw userError(`${at}.target_tokens: not token ids; expected int64 values of at most 2147483647.`);
  const numbers = toNumbers(inputs, lossFn, shape, at);
  const { samplingLogprobs } = numbers;
  const [, count = 1] = shape;
  const columns = Array.from({ length: count }, (_, column) => ({
    name: shape.length === 1 ? `Datum ${index}` : `Datum ${index}, column ${column}`,
    tokens,
    targetTokens: columnOf(targets, count, column),
    weights: columnOf(numbers.weights, count, column),
    ...(samplingLogprobs === undefined ? {} : { samplingLogprobs: columnOf(samplingLogprobs, count, column) }),
  }));
  return { shape, columns };
}

function toNumbers(
  inputs: Readonly<Record<string, TensorData>>,
  lossFn: LossName,
  shape: TargetShape,
  at: string,
): { weights: Float32Array; samplingLogprobs?: Float32Array } {
  if (lossFn !== 'cross_entropy') {
    return { weights: numbersOf(inputs, 'advantages', shape, at), samplingLogprobs: numbersOf(inputs, 'logprobs', shape, at) };
  }
  return { weights: inputs['weights'] === undefined ? new Float32Array(product(shape)).fill(1) : numbersOf(inputs, 'weights', shape, at) };
}

function numbersOf(inputs: Readonly<Record<string, TensorData>>, name: string, shape: TargetShape, at: string): Float32Array {
  const tensor = inputs[name];
  if (tensor === undefined) throw userError(`${at}.${name}: missing; give one number per target token.`);
  if (tensor.shape.join() !== shape.join()) {
    throw userError(`${at}.${name}: has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}], which is that of target_tokens.`);
  }
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.toNumbers());
}

/**
 * The engine's answer as the message that goes out.
 * @param shapes those of the {@link PassWork} that it is the answer to
 * @throws EngineError `user` when a number is not finite: JSON cannot carry it (wire protocol §3.2)
 */
export function toPassOutput(result: PassResult, shapes: readonly TargetShape[]): {
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
    lossFnOutputs: joinColumns(result.logprobs, shapes).map((logprobs) => ({ logprobs })),
    metrics: { 'loss:sum': result.lossSum },
  };
}
