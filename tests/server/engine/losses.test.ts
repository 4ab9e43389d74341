import { beforeAll, describe, expect, it } from '@jest/globals';
import { numpy as np } from '@jax-js/jax';
import { adapterLayout } from '../../../src/server/engine/adapter-layout.js';
import { makeBaseWeights } from '../../../src/server/engine/base-weights.js';
import { floats, lossOnDevice, onDevice, startDevice } from '../../../src/server/engine/device.js';
import type { ClipBounds, LossName, TrainingDatum } from '../../../src/server/engine/engine.js';
import { DEFAULT_CLIP, LOSS_NAMES } from '../../../src/server/engine/losses.js';
import { planMicrobatches } from '../../../src/server/engine/microbatches.js';
import { PassCache } from '../../../src/server/engine/passes.js';
import { fillUniform, RandomStream } from '../../../src/server/engine/random.js';
import { Trainer } from '../../../src/server/engine/trainer.js';
import { referenceLogprobs } from './reference-decoder.js';
import { ADAM, TOY, TOY_LORA, toyDatum } from './toy.js';

const NO_CLIP: ClipBounds = { low: 0, high: Infinity };
const layout = adapterLayout(TOY, TOY_LORA);
const adapter = layout.tensors.map(({ size, name }) => {
  const values = new Float32Array(size);
  fillUniform(values, 0.2, new RandomStream(3, name));
  return values;
});
const precise = adapter.map((values) => Float64Array.from(values));
const base = makeBaseWeights(TOY);
const passes = new PassCache();

function logprobsOf(datum: TrainingDatum): number[] {
  return referenceLogprobs(TOY, base, layout, TOY_LORA.rank, precise, datum);
}

// Ratios below, between and above the bounds, each with advantages of either sign and none.
const ratios = [0.3, 0.9, 1.1, 3, 6, 0.3, 0.9, 1.1, 3, 6, 0.5, 2];
const advantages = [1, 2, 0.5, 1.5, 1, -1, -0.5, -2, -1, -1, 0, 0];
const data = [1, 4].map((start): TrainingDatum => {
  const datum = toyDatum(start, ratios.length);
  const samplingLogprobs = Float32Array.from(logprobsOf(datum), (p, t) => p - Math.log(ratios[t] ?? 1));
  return { ...datum, weights: Float32Array.from(advantages), samplingLogprobs };
});

/** The formulas of wire protocol §9.4; the ratio that cispo does not differentiate is taken at `fixed`. */
function formula(lossFn: LossName, { low, high }: ClipBounds, a: number, p: number, q: number, fixed: number): number {
  const clip = (value: number): number => (value < low ? low : value > high ? high : value);
  const r = Math.exp(p - q);
  switch (lossFn) {
    case 'cross_entropy': return -a * p;
    case 'importance_sampling': return -r * a;
    case 'ppo': return -Math.min(r * a, clip(r) * a);
    case 'cispo': return -clip(Math.exp(fixed - q)) * p * a;
  }
}

const atStart = data.map(logprobsOf);

function referenceLoss(lossFn: LossName, clip: ClipBounds, logprobs: readonly number[][]): number {
  return data.reduce((sum, datum, index) => sum + (logprobs[index] ?? []).reduce((inner, p, t) => (
    inner + formula(lossFn, clip, datum.weights[t] ?? 0, p, datum.samplingLogprobs?.[t] ?? 0, atStart[index]?.[t] ?? 0)
  ), 0), 0);
}

function gradients(lossFn: LossName, clip: ClipBounds): number[] {
  const [batch] = planMicrobatches(data);
  if (batch === undefined) throw new Error('no microbatch');
  const tensors = layout.tensors.map(({ shape }, index) => np.array(adapter[index] ?? [], { shape: [...shape] }));
  const frozen = passes.base(TOY).inputs(batch.length);
  const result = passes.passes(TOY, layout, TOY_LORA).forwardBackward(tensors, frozen, onDevice(batch), lossOnDevice(batch, lossFn, clip));
  result.logprobs.dispose();
  return result.gradients.flatMap((gradient) => [...floats(gradient)]);
}

const step = 1e-5;

/** Log-probabilities of all data with each parameter a little larger, and a little smaller. */
const neighbours = precise.flatMap((values) => Array.from(values, (value, i) => {
  const moved = [value + step, value - step].map((near) => {
    values[i] = near;
    return data.map(logprobsOf);
  });
  values[i] = value;
  return moved;
}));

function differences(lossFn: LossName, clip: ClipBounds): number[] {
  return neighbours.map(([above = [], below = []]) => (
    (referenceLoss(lossFn, clip, above) - referenceLoss(lossFn, clip, below)) / (2 * step)
  ));
}

beforeAll(startDevice);

describe.each([
  ['cross_entropy', NO_CLIP],
  ['importance_sampling', NO_CLIP],
  ['ppo', { low: 0.8, high: 1.2 }],
  ['ppo', { low: 0.5, high: 2.5 }],
  ['cispo', { low: 0, high: 4 }],
  ['cispo', { low: 0.8, high: 1.2 }],
] as const)('%s with bounds %j', (lossFn, clip) => {
  it('has the gradient of finite differences of its formula', () => {
    const expected = differences(lossFn, clip);
    const actual = gradients(lossFn, clip);
    expect(actual).toHaveLength(expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    expect(Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)))) / largest).toBeLessThan(1e-4);
  });
});

describe('the trainer', () => {
  let trainer: Trainer;

  beforeAll(async () => {
    trainer = new Trainer([TOY]);
    await trainer.createModel('a', { baseModel: 'toy', lora: TOY_LORA });
  });

  it.each([...LOSS_NAMES])('sums %s by its formula, with its own bounds, and gives the log-probabilities', (lossFn) => {
    const { logprobs, lossSum } = trainer.forward('a', data, lossFn);
    const clip = DEFAULT_CLIP[lossFn] ?? NO_CLIP;
    const expected = data.reduce((sum, datum, index) => sum + [...(logprobs[index] ?? [])].reduce((inner, p, t) => (
      inner + formula(lossFn, clip, datum.weights[t] ?? 0, p, datum.samplingLogprobs?.[t] ?? 0, p)
    ), 0), 0);
    expect(lossSum).toBeCloseTo(expected, 6);
    expect(logprobs).toEqual(trainer.forward('a', data, 'cross_entropy').logprobs);
  });

  it.each([...LOSS_NAMES])('leaves the gradients alone in a forward pass of %s', (lossFn) => {
    trainer.forward('a', data, lossFn);
    expect(trainer.optimStep('a', { ...ADAM, learningRate: 0 }).gradNorm).toBe(0);
    trainer.forwardBackward('a', data, lossFn);
    expect(trainer.optimStep('a', { ...ADAM, learningRate: 0 }).gradNorm).toBeGreaterThan(0.01);
  });

  it('uses the bounds that it is given', () => {
    const tight = trainer.forward('a', data, 'ppo', { low: 1, high: 1 });
    expect(tight.lossSum).not.toBeCloseTo(trainer.forward('a', data, 'ppo').lossSum, 3);
  });

  it('is not thrown off by an enormous ratio where nothing counts', () => {
    const datum = { ...toyDatum(1, 4), weights: Float32Array.of(1, 0, 0, 1), samplingLogprobs: Float32Array.of(-2, -500, -500, -2) };
    expect(Number.isFinite(trainer.forwardBackward('a', [datum], 'importance_sampling').lossSum)).toBe(true);
    expect(Number.isFinite(trainer.optimStep('a', ADAM).gradNorm)).toBe(true);
  });
});
