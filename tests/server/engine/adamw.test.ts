import { describe, expect, it } from '@jest/globals';
import { applyAdamW, globalNorm } from '../../../src/server/engine/adamw.js';
import type { AdamState } from '../../../src/server/engine/adamw.js';
import type { AdamSettings } from '../../../src/server/engine/engine.js';

const PLAIN: AdamSettings = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 };

function fresh(...parameters: number[][]): AdamState {
  return {
    parameters: parameters.map((values) => Float32Array.from(values)),
    firstMoments: parameters.map((values) => new Float32Array(values.length)),
    secondMoments: parameters.map((values) => new Float32Array(values.length)),
  };
}

function step(state: AdamState, gradients: number[][] | undefined, number: number, adam: AdamSettings): void {
  const arrays = gradients?.map((values) => Float32Array.from(values));
  applyAdamW(state, arrays, arrays === undefined ? 0 : globalNorm(arrays), number, adam);
}

function expectClose(actual: readonly Float32Array[], expected: readonly number[][]): void {
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  expected.forEach((values, tensor) => values.forEach((value, i) => expect(actual[tensor]?.[i]).toBeCloseTo(value, 6)));
}

describe('globalNorm', () => {
  it('covers all tensors', () => {
    expect(globalNorm([Float32Array.of(3, 0), Float32Array.of(4)])).toBe(5);
  });
});

describe('applyAdamW', () => {
  it('moves each parameter by the learning rate against the sign of its first gradient', () => {
    const state = fresh([1, 1], [1]);
    step(state, [[0.5, -2], [0]], 1, PLAIN);
    expectClose(state.parameters, [[0.9, 1.1], [1]]);
    expectClose(state.firstMoments, [[0.05, -0.2], [0]]);
    expectClose(state.secondMoments, [[0.0125, 0.2], [0]]);
  });

  it('corrects the bias of both moments in later steps', () => {
    const state = fresh([0]);
    step(state, [[1]], 1, PLAIN);
    step(state, [[3]], 2, PLAIN);
    const first = (0.9 * 0.1 + 0.1 * 3) / (1 - 0.9 ** 2);
    const second = (0.95 * 0.05 + 0.05 * 9) / (1 - 0.95 ** 2);
    expectClose(state.parameters, [[-0.1 - 0.1 * first / Math.sqrt(second)]]);
  });

  it('decays weights by learning rate times decay, apart from the gradient', () => {
    const state = fresh([2]);
    step(state, [[5]], 1, { ...PLAIN, weightDecay: 0.5 });
    expectClose(state.parameters, [[2 - 0.1 - 0.1 * 0.5 * 2]]);
    expectClose(state.firstMoments, [[0.5]]);
  });

  it('scales gradients down to the clip norm, over all tensors together', () => {
    const state = fresh([0], [0]);
    step(state, [[3], [4]], 1, { ...PLAIN, gradClipNorm: 1 });
    expectClose(state.firstMoments, [[0.06], [0.08]]);
  });

  it('leaves gradients below the clip norm as they are', () => {
    const state = fresh([0], [0]);
    step(state, [[3], [4]], 1, { ...PLAIN, gradClipNorm: 6 });
    expectClose(state.firstMoments, [[0.3], [0.4]]);
  });

  it('uses eps', () => {
    const state = fresh([0]);
    step(state, [[1]], 1, { ...PLAIN, eps: 1 });
    expectClose(state.parameters, [[-0.05]]);
  });

  it('counts absent gradients as zero', () => {
    const state = fresh([1]);
    step(state, [[1]], 1, PLAIN);
    step(state, undefined, 2, PLAIN);
    expectClose(state.firstMoments, [[0.09]]);
    expectClose(state.parameters, [[0.9 - 0.1 * (0.09 / 0.19) / Math.sqrt(0.0475 / 0.0975)]]);
  });
});
