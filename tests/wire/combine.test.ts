import { describe, expect, it } from '@jest/globals';
import { TensorData } from '../../src/types/tensor.js';
import type { ForwardBackwardOutput } from '../../src/types/training.js';
import { combineOutputs } from '../../src/wire/combine.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';

function chunk(datums: number, metrics: Readonly<Record<string, number>>, lossFnOutputType = 'ArrayRecord'): ForwardBackwardOutput {
  return { lossFnOutputType, lossFnOutputs: Array.from({ length: datums }, () => ({})), metrics };
}

function metricsOf(...chunks: readonly ForwardBackwardOutput[]): Readonly<Record<string, number>> {
  return rightOf(combineOutputs(chunks)).metrics;
}

describe('combineOutputs', () => {
  it('joins the outputs in chunk order under the type of the first', () => {
    const logprobs = (value: number) => ({ logprobs: new TensorData(Float32Array.of(value)) });
    const joined = combineOutputs([
      { lossFnOutputType: 'TorchLossReturn', lossFnOutputs: [logprobs(-1), logprobs(-2)], metrics: {} },
      { lossFnOutputType: 'other', lossFnOutputs: [logprobs(-3)], metrics: {} },
    ]);
    expect(rightOf(joined)).toEqual({ lossFnOutputType: 'TorchLossReturn', lossFnOutputs: [logprobs(-1), logprobs(-2), logprobs(-3)], metrics: {} });
  });

  it('is an error where no chunk has a result', () => {
    expect(factsOf(leftOf(combineOutputs([])))).toEqual({ kind: 'malformedResponse', message: 'no chunk has a result', retriable: false });
  });
});

describe('reductions', () => {
  it.each<[string, Readonly<Record<string, number>>]>([
    ['x:sum', { 'x:sum': 9 }],
    ['x:min', { 'x:min': 1 }],
    ['x:max', { 'x:max': 6 }],
    // (3·1 + 1·2 + 0·6) / 4
    ['x:mean', { 'x:mean': 1.25 }],
    ['x:slack', { 'x:slack': 4.75 }],
    ['x:unique', { 'x:unique': 1, 'x:unique_1': 2, 'x:unique_2': 6 }],
  ])('reduce %s over chunks of 3, 1 and 0 datums', (key, expected) => {
    expect(metricsOf(chunk(3, { [key]: 1 }), chunk(1, { [key]: 2 }), chunk(0, { [key]: 6 }))).toEqual(expected);
  });

  it('hash values regardless of chunk order', () => {
    expect(metricsOf(chunk(1, { 'h:hash_unordered': 5 }))).toEqual({ 'h:hash_unordered': Number(-7813438383599366905n) });
    const oneWay = metricsOf(chunk(1, { 'h:hash_unordered': 3 }), chunk(1, { 'h:hash_unordered': 1 }), chunk(1, { 'h:hash_unordered': 2 }));
    expect(oneWay).toEqual({ 'h:hash_unordered': Number(529344067295497451n) });
  });

  it('are exact for equal chunks', () => {
    expect(metricsOf(chunk(3, { 'x:mean': 0.1 }), chunk(3, { 'x:mean': 0.1 }))).toEqual({ 'x:mean': (0.1 * 3 + 0.1 * 3) / 6 });
  });

  it('leave a single chunk as it is, but for what is measured against the mean', () => {
    const metrics = { 'l:sum': 4.5, 'm:mean': 0.3, 'a:min': 1, 'b:max': 2, 'u:unique': 7 };
    expect(metricsOf(chunk(4, metrics))).toEqual(metrics);
    expect(metricsOf(chunk(4, { 's:slack': 3 }))).toEqual({ 's:slack': 0 });
  });

  it('take the plain mean where no chunk has a datum', () => {
    expect(metricsOf(chunk(0, { 'x:mean': 1 }), chunk(0, { 'x:mean': 2 }))).toEqual({ 'x:mean': 1.5 });
    expect(metricsOf(chunk(0, { 'x:slack': 1 }), chunk(0, { 'x:slack': 2 }))).toEqual({ 'x:slack': 0.5 });
  });

  it('let a loss that is no number show', () => {
    const key = (reduction: string) => metricsOf(chunk(1, { [`x:${reduction}`]: 1 }), chunk(1, { [`x:${reduction}`]: Number.NaN }))[`x:${reduction}`];
    expect(['sum', 'mean', 'min', 'max', 'slack', 'hash_unordered'].map(key)).toEqual(Array.from({ length: 6 }, () => Number.NaN));
  });

  it('are told by what follows the last colon', () => {
    expect(metricsOf(chunk(1, { 'a:b:sum': 1 }), chunk(1, { 'a:b:sum': 2 }))).toEqual({ 'a:b:sum': 3 });
  });
});

describe('metrics that cannot be reduced', () => {
  it('are left out where some chunk lacks them', () => {
    expect(metricsOf(chunk(1, { 'a:sum': 1, 'b:sum': 2 }), chunk(1, { 'b:sum': 3 }), chunk(1, { 'b:sum': 4, 'c:sum': 5 }))).toEqual({ 'b:sum': 9 });
  });

  it('are left out over several chunks, and kept of a single one', () => {
    for (const key of ['policy_lr:last', 'skyrl.ai/grad_norm', 'sum', 'x:']) {
      expect(metricsOf(chunk(1, { [key]: 0.5 }))).toEqual({ [key]: 0.5 });
      expect(metricsOf(chunk(1, { [key]: 0.5 }), chunk(1, { [key]: 0.5 }))).toEqual({});
    }
  });

  it.each(['constructor', 'toString', '__proto__', 'x:constructor', 'x:toString', 'x:__proto__', 'x:hasOwnProperty'])('may be called %s', (key) => {
    const metrics = Object.fromEntries([[key, 2]]);
    expect(Object.entries(metricsOf(chunk(1, metrics)))).toEqual([[key, 2]]);
    expect(metricsOf(chunk(1, metrics), chunk(1, {}))).toEqual({});
    expect(metricsOf(chunk(1, metrics), chunk(1, metrics))).toEqual({});
  });
});
