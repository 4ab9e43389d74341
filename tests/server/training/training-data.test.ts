import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../../src/types/data.js';
import { TensorData } from '../../../src/types/tensor.js';
import { toPassOutput, toPassWork } from '../../../src/server/training/training-data.js';

const target = TensorData.from([2, 3], 'int64');
const modelInput = ModelInput.fromInts([1, 2]);

function input(lossFnInputs: Record<string, TensorData>, more: { lossFn?: string; lossFnConfig?: Record<string, number> } = {}): Parameters<typeof toPassWork>[0] {
  return { data: [{ modelInput, lossFnInputs }], lossFn: 'cross_entropy', ...more };
}

describe('toPassWork', () => {
  it('hands typed arrays over', () => {
    const weights = TensorData.from([0.5, 1], 'float32');
    expect(toPassWork(input({ target_tokens: target, weights }))).toEqual({
      lossFn: 'cross_entropy',
      data: [{ name: 'Datum 0', tokens: new Int32Array([1, 2]), targetTokens: new Int32Array([2, 3]), weights: new Float32Array([0.5, 1]) }],
      shapes: [[2]],
    });
  });

  it('fills absent weights with 1, and takes whole ones', () => {
    expect(toPassWork(input({ target_tokens: target })).data[0]?.weights).toEqual(new Float32Array([1, 1]));
    const weights = TensorData.from([0, 1], 'int64');
    expect(toPassWork(input({ target_tokens: target, weights })).data[0]?.weights).toEqual(new Float32Array([0, 1]));
  });

  it.each([
    [
      input({ target_tokens: target }, { lossFn: 'gspo' }),
      'loss_fn: "gspo" is not offered by this server; it offers cross_entropy, importance_sampling, ppo, cispo.',
    ],
    [
      input({ target_tokens: target }, { lossFn: 'dro' }),
      'loss_fn: "dro" is not offered by this server, because its formula is not public; it offers cross_entropy, importance_sampling, ppo, cispo.',
    ],
    [input({ target_tokens: target }, { lossFnConfig: { x: 1 } }), 'loss_fn_config: cross_entropy takes no settings, but x was given'],
    [{ data: [], lossFn: 'cross_entropy' }, 'data: the batch is empty; send at least one datum.'],
    [input({}), 'data[0].loss_fn_inputs.target_tokens: missing; give one token per position.'],
    [input({ target_tokens: target, mask: target }), 'data[0].loss_fn_inputs: mask is not used by cross_entropy; it takes target_tokens, weights.'],
    [
      input({ target_tokens: new TensorData(new Int32Array(2), [1, 2]) }),
      'data[0].loss_fn_inputs.target_tokens: has shape [1, 2], expected [2], one target per token of the model input, or [2, K] for K targets per token.',
    ],
    [
      input({ target_tokens: TensorData.from([2 ** 40, 1], 'int64') }),
      'data[0].loss_fn_inputs.target_tokens: not token ids; expected int64 values of at most 2147483647.',
    ],
  ])('refuses bad data %#', (pass, message) => {
    expect(() => toPassWork(pass)).toThrow(expect.objectContaining({ message, category: 'user' }));
  });
});

describe('toPassWork of a loss with advantages', () => {
  const logprobs = TensorData.from([-1, -2], 'float32');
  const advantages = TensorData.from([1, -1], 'float32');
  const policy = { target_tokens: target, logprobs, advantages };

  it('hands advantages and log-probabilities over', () => {
    expect(toPassWork(input(policy, { lossFn: 'importance_sampling' }))).toEqual({
      lossFn: 'importance_sampling',
      clip: undefined,
      shapes: [[2]],
      data: [
        {
          name: 'Datum 0',
          tokens: new Int32Array([1, 2]),
          targetTokens: new Int32Array([2, 3]),
          weights: new Float32Array([1, -1]),
          samplingLogprobs: new Float32Array([-1, -2]),
        },
      ],
    });
  });

  it.each([
    ['ppo', {}, { low: 0.8, high: 1.2 }],
    ['ppo', { clip_low_threshold: 0.5 }, { low: 0.5, high: 1.2 }],
    ['cispo', {}, { low: 0, high: 4 }],
    ['cispo', { clip_low_threshold: 0.1, clip_high_threshold: 2 }, { low: 0.1, high: 2 }],
  ])('bounds the ratio of %s with %j', (lossFn, lossFnConfig, clip) => {
    expect(toPassWork(input(policy, { lossFn, lossFnConfig })).clip).toEqual(clip);
  });

  it.each([
    [{ target_tokens: target, advantages }, {}, 'data[0].loss_fn_inputs.logprobs: missing; give one number per target token.'],
    [{ target_tokens: target, logprobs }, {}, 'data[0].loss_fn_inputs.advantages: missing; give one number per target token.'],
    [{ ...policy, weights: advantages }, {}, 'data[0].loss_fn_inputs: weights is not used by ppo; it takes target_tokens, logprobs, advantages.'],
    [policy, { epsilon: 1 }, 'loss_fn_config: ppo takes clip_low_threshold and clip_high_threshold, but epsilon was given'],
    [
      policy,
      { clip_low_threshold: 2 },
      'loss_fn_config: clip_low_threshold is 2 and clip_high_threshold 1.2; they bound the ratio of probabilities, so 0 or more, the lower first.',
    ],
  ])('refuses bad input %#', (inputs, lossFnConfig, message) => {
    expect(() => toPassWork(input(inputs, { lossFn: 'ppo', lossFnConfig }))).toThrow(expect.objectContaining({ message, category: 'user' }));
  });

  it('takes no settings for importance_sampling', () => {
    const pass = input(policy, { lossFn: 'importance_sampling', lossFnConfig: { clip_low_threshold: 1 } });
    expect(() => toPassWork(pass)).toThrow('loss_fn_config: importance_sampling takes no settings, but clip_low_threshold was given');
  });
});

describe('toPassOutput', () => {
  it('gives a record per datum and the summed loss', () => {
    const logprobs = new Float32Array([-1, -2]);
    expect(toPassOutput({ logprobs: [logprobs], lossSum: 3 }, [[2]])).toEqual({
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [{ logprobs: new TensorData(logprobs) }],
      metrics: { 'loss:sum': 3 },
    });
  });

  it.each([
    { logprobs: [new Float32Array([-1])], lossSum: Number.NaN },
    { logprobs: [new Float32Array([-Infinity])], lossSum: 0 },
  ])('refuses numbers that JSON cannot carry %#', (result) => {
    expect(() => toPassOutput(result, [[1]])).toThrow('training has diverged');
  });
});
