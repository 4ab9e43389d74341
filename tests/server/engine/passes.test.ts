import { beforeAll, describe, expect, it } from '@jest/globals';
import { numpy as np } from '@jax-js/jax';
import { adapterLayout } from '../../../src/server/engine/adapter-layout.js';
import { makeBaseWeights } from '../../../src/server/engine/base-weights.js';
import type { DecoderConfig } from '../../../src/server/engine/base-models.js';
import type { LoraSettings, TrainingDatum } from '../../../src/server/engine/engine.js';
import { floats, lossOnDevice, onDevice, startDevice } from '../../../src/server/engine/device.js';
import { planMicrobatches } from '../../../src/server/engine/microbatches.js';
import { PassCache } from '../../../src/server/engine/passes.js';
import { fillUniform, RandomStream } from '../../../src/server/engine/random.js';
import { referenceLogprobs } from './reference-decoder.js';
import { TOY, TOY_LORA, TOY_TIED, toyDatum } from './toy.js';

const DATA = [toyDatum(1, 7), toyDatum(4, 5)];

beforeAll(startDevice);

/** Both factors away from zero, so that every tensor has a gradient. */
function someAdapter(config: DecoderConfig, lora: LoraSettings): Float32Array<ArrayBuffer>[] {
  return adapterLayout(config, lora).tensors.map(({ size, name }) => {
    const values = new Float32Array(size);
    fillUniform(values, 0.2, new RandomStream(3, name));
    return values;
  });
}

function run(config: DecoderConfig, lora: LoraSettings, adapter: Float32Array<ArrayBuffer>[]): { logprobs: number[][]; gradients: number[][] } {
  const layout = adapterLayout(config, lora);
  const cache = new PassCache();
  const [batch] = planMicrobatches(DATA);
  if (batch === undefined) throw new Error('no microbatch');
  const result = cache.passes(config, layout, lora).forwardBackward(
    layout.tensors.map((tensor, index) => np.array(adapter[index] ?? [], { shape: [...tensor.shape] })),
    cache.base(config).inputs(batch.length),
    onDevice(batch),
    lossOnDevice(batch, 'cross_entropy', { low: 0, high: Infinity }),
  );
  const padded = [...floats(result.logprobs)];
  return {
    logprobs: DATA.map(({ tokens }, row) => padded.slice(row * batch.length, row * batch.length + tokens.length)),
    gradients: result.gradients.map((gradient) => [...floats(gradient)]),
  };
}

function referenceLoss(config: DecoderConfig, lora: LoraSettings, adapter: readonly Float64Array[], data: readonly TrainingDatum[]): number {
  const base = makeBaseWeights(config);
  const layout = adapterLayout(config, lora);
  return data.reduce((sum, datum) => (
    sum - referenceLogprobs(config, base, layout, lora.rank, adapter, datum)
      .reduce((inner, logprob, t) => inner + logprob * (datum.weights[t] ?? 0), 0)
  ), 0);
}

function worst(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
}

describe.each([
  ['an untied unembedding', TOY, TOY_LORA],
  ['a tied unembedding', TOY_TIED, TOY_LORA],
  ['adapters on attention only', TOY, { ...TOY_LORA, trainMlp: false, trainUnembed: false }],
])('the passes with %s', (_, config, lora) => {
  const adapter = someAdapter(config, lora);
  const precise = adapter.map((values) => Float64Array.from(values));

  it('give the log-probabilities of a double-precision reference', () => {
    const base = makeBaseWeights(config);
    const layout = adapterLayout(config, lora);
    const { logprobs } = run(config, lora, adapter);
    DATA.forEach((datum, index) => {
      const expected = referenceLogprobs(config, base, layout, lora.rank, precise, datum);
      expect(worst(logprobs[index] ?? [], expected)).toBeLessThan(5e-5);
    });
  });

  it('give the gradients of finite differences', () => {
    const { gradients } = run(config, lora, adapter);
    const step = 1e-5;
    const differences = precise.map((values) => Array.from(values, (value, i) => {
      values[i] = value + step;
      const above = referenceLoss(config, lora, precise, DATA);
      values[i] = value - step;
      const below = referenceLoss(config, lora, precise, DATA);
      values[i] = value;
      return (above - below) / (2 * step);
    }));
    expect(Math.max(...differences.flat().map(Math.abs))).toBeGreaterThan(0.1);
    expect(worst(gradients.flat(), differences.flat())).toBeLessThan(1e-4);
  });
});

it('a gate far below zero still gives finite gradients', () => {
  const adapter = someAdapter(TOY, TOY_LORA).map((values) => values.map((value) => value * 100));
  const { gradients } = run(TOY, TOY_LORA, adapter);
  expect(gradients.flat().every(Number.isFinite)).toBe(true);
});

it('models of the same settings share their compiled passes', () => {
  const cache = new PassCache();
  const layout = adapterLayout(TOY, TOY_LORA);
  const first = cache.passes(TOY, layout, TOY_LORA);
  expect(cache.passes(TOY, layout, { ...TOY_LORA, seed: 99 })).toBe(first);
  expect(cache.passes(TOY, layout, { ...TOY_LORA, rank: 3 })).not.toBe(first);
});
