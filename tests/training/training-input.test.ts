import { describe, expect, it } from '@jest/globals';
import { checkAdamParams, checkLoss, checkTargets, isTrainingPath } from '../../src/training/training-input.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { assertRefuses, untyped } from '../support/codec.js';

describe('checkAdamParams', () => {
  const check = untyped(checkAdamParams);

  it('completes what is left out', () => {
    expect(checkAdamParams({})).toEqual({ learningRate: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 });
    expect(checkAdamParams({ learningRate: 0.01, beta1: undefined, gradClipNorm: 1 })).toEqual({
      learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 1,
    });
  });

  it('takes the edges of every range', () => {
    const edges = { learningRate: 0, beta1: 0, beta2: 0.999999, eps: Number.MIN_VALUE, weightDecay: 0, gradClipNorm: 0 };
    expect(checkAdamParams(edges)).toEqual(edges);
  });

  const positive = 'a finite number, 0 or more';
  const beta = 'a number from 0 up to, not including, 1';
  it.each<[string, unknown, string]>([
    ['learningRate', -1e-9, `got -1e-9, expected ${positive}`],
    ['learningRate', Number.NaN, `got NaN, expected ${positive}`],
    ['learningRate', Infinity, `got Infinity, expected ${positive}`],
    ['learningRate', '0.1', `got "0.1", expected ${positive}`],
    ['learningRate', null, `got null, expected ${positive}`],
    ['learningRate', 1n, `got 1n, expected ${positive}`],
    ['beta1', 1, `got 1, expected ${beta}`],
    ['beta1', -0.1, `got -0.1, expected ${beta}`],
    ['beta2', 1, `got 1, expected ${beta}`],
    ['beta2', -0.1, `got -0.1, expected ${beta}`],
    ['eps', 0, 'got 0, expected a finite number above 0'],
    ['weightDecay', -1, `got -1, expected ${positive}`],
    ['gradClipNorm', -1, `got -1, expected ${positive} (0 turns clipping off)`],
  ])('refuses %s %p', (name, value, said) => {
    assertRefuses(() => check({ [name]: value }), `adamParams.${name}`, `adamParams.${name}: ${said}`);
  });

  it.each(['lr', 'learning_rate', 'constructor', '__proto__'])('refuses the unknown setting %s', (name) => {
    const settings = Object.fromEntries([[name, 0.1]]);
    assertRefuses(() => check(settings), `adamParams.${name}`, `adamParams.${name}: got 0.1, expected one of learningRate, beta1, beta2, eps, weightDecay, gradClipNorm`);
  });

  it.each([[null, 'null'], [0.1, '0.1'], [[], 'an array of 0']])('refuses %p for settings', (settings: unknown, picture) => {
    assertRefuses(() => check(settings), 'adamParams', `adamParams: got ${picture}, expected an object`);
  });
});

describe('checkLoss', () => {
  const check = untyped(checkLoss);

  it('takes any name, with settings or without', () => {
    expect(checkLoss('cross_entropy', undefined)).toEqual({ lossFn: 'cross_entropy', lossFnConfig: undefined });
    expect(checkLoss('gspo', { clip_low_threshold: 0.8 })).toEqual({ lossFn: 'gspo', lossFnConfig: { clip_low_threshold: 0.8 } });
  });

  it('refuses what is no name', () => {
    assertRefuses(() => check('', undefined), 'lossFn', 'lossFn: got "", expected the name of a loss function such as "cross_entropy"');
    assertRefuses(() => check(() => 1, undefined), 'lossFn', 'lossFn: got a function, expected the name of a loss function such as "cross_entropy"');
  });

  it('refuses settings that are no finite numbers by name', () => {
    assertRefuses(() => check('ppo', [1]), 'lossFnConfig', 'lossFnConfig: got an array of 1, expected an object of numbers');
    assertRefuses(() => check('ppo', new Map([['a', 1]])), 'lossFnConfig', 'lossFnConfig: got an object, expected an object of numbers');
    assertRefuses(() => check('ppo', null), 'lossFnConfig', 'lossFnConfig: got null, expected an object of numbers');
    assertRefuses(() => check('ppo', { a: 1, b: Number.NaN }), 'lossFnConfig.b', 'lossFnConfig.b: got NaN, expected a finite number');
    assertRefuses(() => check('ppo', { a: '1' }), 'lossFnConfig.a', 'lossFnConfig.a: got "1", expected a finite number');
  });
});

describe('checkTargets', () => {
  const modelInput = ModelInput.fromInts([1]);
  const whole = { modelInput, lossFnInputs: { target_tokens: new TensorData(Int32Array.of(2)) } };
  const without = { modelInput, lossFnInputs: { weights: new TensorData(Float32Array.of(1)) } };

  it.each(['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'gspo', 'dppo', 'ppo_critic'])('wants target tokens in every datum for %s', (lossFn) => {
    expect(() => checkTargets([whole, whole], lossFn)).not.toThrow();
    const at = 'data[1].lossFnInputs.target_tokens';
    assertRefuses(() => checkTargets([whole, without], lossFn), at, `${at}: got undefined, expected the target token of every position, which ${lossFn} needs`);
  });

  it('leaves losses alone that it does not know', () => {
    expect(() => checkTargets([without], 'dro')).not.toThrow();
  });
});

describe('isTrainingPath', () => {
  it('tells training checkpoints from everything else', () => {
    expect(['tinker://run/weights/a', 'tinker://run/sampler_weights/a', 'tinker://run/constructor/a', 'a'].map(isTrainingPath)).toEqual([true, false, false, false]);
  });
});
