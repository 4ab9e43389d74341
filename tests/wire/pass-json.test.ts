import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { checkJsonPass, jsonPass } from '../../src/wire/pass-json.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { atOnce } from '../../src/wire/steps.js';
import { assertRefuses } from '../support/codec.js';

const modelInput = ModelInput.fromInts([1, 2, 3]);

function passOf(lossFnInputs: Readonly<Record<string, TensorData>>, rest: Partial<Pass> = {}): Pass {
  return { data: [{ modelInput, lossFnInputs }], lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false, ...rest };
}

const targets = { target_tokens: new TensorData(Int32Array.of(2, 3, 4)), weights: new TensorData(Float32Array.of(1, 0, 0.5)) };
const dataText =
  '[{"loss_fn_inputs":{"target_tokens":{"data":[2,3,4],"dtype":"int64","shape":[3]},"weights":{"data":[1,0,0.5],"dtype":"float32","shape":[3]}},' +
  '"model_input":{"chunks":[{"tokens":[1,2,3],"type":"encoded_text"}]}}]';

describe('a pass in JSON', () => {
  it('goes to forward_backward with its data, its loss, its model and its number', () => {
    const pass = passOf(targets);
    expect(jsonPass.path(pass)).toBe('/api/v1/forward_backward');
    expect(atOnce(jsonPass.write(pass, 'S1:train:0', 1))).toEqual({
      content: `{"forward_backward_input":{"data":${dataText},"loss_fn":"cross_entropy"},"model_id":"S1:train:0","seq_id":1}`,
      contentType: 'application/json',
    });
  });

  it('goes to forward where the gradients are left alone', () => {
    const pass = passOf(targets, { lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9 }, forwardOnly: true });
    expect(jsonPass.path(pass)).toBe('/api/v1/forward');
    expect(atOnce(jsonPass.write(pass, 'm', 300))).toEqual({
      content: `{"forward_input":{"data":${dataText},"loss_fn":"ppo","loss_fn_config":{"clip_low_threshold":0.9}},"model_id":"m","seq_id":300}`,
      contentType: 'application/json',
    });
  });

  it('carries a loss input named __proto__', () => {
    const named = Object.fromEntries([['__proto__', new TensorData(Float32Array.of(1))]]);
    expect(atOnce(jsonPass.write(passOf(named), 'm', 1)).content).toContain('"loss_fn_inputs":{"__proto__":{"data":[1],"dtype":"float32","shape":[1]}}');
  });
});

describe('what JSON cannot carry', () => {
  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
  ])('is refused: %s would become null', (picture, value) => {
    const at = 'data[0].lossFnInputs.weights[1]';
    assertRefuses(() => checkJsonPass(passOf({ weights: new TensorData(Float32Array.of(1, value)) })), at, `${at}: got ${picture}, expected a finite number`);
  });

  it.each([[9007199254740992n], [9007199254740993n], [-9007199254740992n], [9223372036854775807n]])('is refused: %p would be rounded', (value) => {
    const at = 'data[0].lossFnInputs.ids[2]';
    assertRefuses(
      () => checkJsonPass(passOf({ ids: new TensorData(BigInt64Array.of(1n, -1n, value)) })),
      at,
      `${at}: got ${value}n, expected a whole number within ±(2^53 - 1), beyond which JSON rounds`,
    );
  });

  it('is named by datum, row and column', () => {
    const bad = { modelInput, lossFnInputs: { target_tokens: targets.target_tokens, weights: new TensorData(Float32Array.of(1, 2, 3, Number.NaN), [2, 2]) } };
    const pass = passOf(targets, { data: [{ modelInput, lossFnInputs: targets }, bad] });
    const at = 'data[1].lossFnInputs.weights[1][1]';
    assertRefuses(() => checkJsonPass(pass), at, `${at}: got NaN, expected a finite number`);
  });

  it('is named in a sparse tensor by its row and column', () => {
    const weights = new TensorData(Float32Array.of(0, 0, Number.NaN, 0), [2, 2]).toSparse();
    const at = 'data[0].lossFnInputs.weights[1][0]';
    assertRefuses(() => checkJsonPass(passOf({ weights })), at, `${at}: got NaN, expected a finite number`);
  });

  it('leaves everything else, to the last integer that JSON carries exactly', () => {
    const large = new TensorData(BigInt64Array.of(9007199254740991n, -9007199254740991n));
    const pass = passOf({ ...targets, large, ids: new TensorData(Int32Array.of(-1)), none: new TensorData(new Float32Array(0)) });
    expect(() => checkJsonPass(pass)).not.toThrow();
    expect(atOnce(jsonPass.write(passOf({ large }), 'm', 1)).content).toContain('{"data":[9007199254740991,-9007199254740991],"dtype":"int64","shape":[2]}');
  });
});
