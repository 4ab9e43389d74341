import { describe, expect, it } from '@jest/globals';
import { TensorData, toTensorData } from '../../src/types/tensor.js';
import type { TensorDtype } from '../../src/types/tensor-values.js';
import { assertRefuses, untyped } from '../support/codec.js';

const construct = untyped((data: never, shape?: never) => new TensorData(data, shape));
const notWhole = 'a whole number within ±(2^53 - 1); larger ones go in a BigInt64Array';

describe('TensorData', () => {
  it.each<[string, Float32Array | Int32Array | BigInt64Array, TensorDtype, number[]]>([
    ['float32', Float32Array.of(0.5, -1), 'float32', [0.5, -1]],
    ['int64 in 32 bits', Int32Array.of(7, -8), 'int64', [7, -8]],
    ['int64', BigInt64Array.of(9n, -10n), 'int64', [9, -10]],
  ])('keeps elements of %s as they are given', (_, data, dtype, numbers) => {
    const tensor = new TensorData(data);
    expect(tensor.data).toBe(data);
    expect(tensor).toEqual({ data, dtype, shape: [2] });
    expect(tensor.size).toBe(2);
    expect(tensor.toNumbers()).toEqual(numbers);
  });

  it('takes any shape whose product is the number of elements', () => {
    const data = new Float32Array(6);
    for (const shape of [[6], [2, 3], [3, 2], [1, 6, 1]]) expect(new TensorData(data, shape).shape).toEqual(shape);
    expect(new TensorData(new Float32Array(0), [0, 5]).size).toBe(0);
    expect(new TensorData(new Float32Array(1), []).shape).toEqual([]);
  });

  it.each([
    [[5], '[5]'],
    [[2, 2], '[2, 2]'],
    [[-2, -3], '[-2, -3]'],
    [[1.5, 4], '[1.5, 4]'],
    [[Number.NaN], '[NaN]'],
    [[], '[]'],
  ])('refuses the shape %p for six elements', (shape, picture) => {
    assertRefuses(() => new TensorData(new Float32Array(6), shape), 'shape', `shape: got ${picture}, expected whole sizes whose product is the 6 elements given`);
  });

  it('refuses a shape that is no array, and data that is no typed array of a known kind', () => {
    assertRefuses(() => construct(new Float32Array(6), ['6']), 'shape', 'shape: got ["6"], expected whole sizes whose product is the 6 elements given');
    assertRefuses(() => construct(new Float32Array(6), 6), 'shape', 'shape: got 6, expected an array of whole sizes whose product is the 6 elements given');
    const kinds = 'a Float32Array, an Int32Array or a BigInt64Array';
    assertRefuses(() => construct([1, 2]), 'data', `data: got an array of 2, expected ${kinds}`);
    assertRefuses(() => construct(new Float64Array(2)), 'data', `data: got Float64Array, expected ${kinds}`);
    assertRefuses(() => construct(undefined), 'data', `data: got undefined, expected ${kinds}`);
  });
});

describe('TensorData.from', () => {
  it('makes float32 of numbers, rounding each', () => {
    const tensor = TensorData.from([0.1, -0, 1e-46, 2], 'float32');
    expect(tensor).toEqual({ data: Float32Array.of(0.1, -0, 0, 2), dtype: 'float32', shape: [4] });
    expect(tensor.toNumbers()[0]).toBe(0.10000000149011612);
  });

  it('lets NaN and the infinities pass: a protobuf body can carry them', () => {
    expect(TensorData.from([Number.NaN, Infinity, -Infinity], 'float32').toNumbers()).toEqual([Number.NaN, Infinity, -Infinity]);
  });

  it('keeps the largest float32 and refuses what would become infinite', () => {
    const largest = 3.4028234663852886e38;
    expect(TensorData.from([largest], 'float32').toNumbers()).toEqual([largest]);
    assertRefuses(() => TensorData.from([0, 3.5e38], 'float32', 'w'), 'w[1]', 'w[1]: got 3.5e+38, expected a number that float32 can hold');
  });

  it('keeps int64 in 32 bits where all fit, else in 64', () => {
    expect(TensorData.from([0, -2147483648, 2147483647], 'int64').data).toEqual(Int32Array.of(0, -2147483648, 2147483647));
    expect(TensorData.from([0, 2147483648], 'int64').data).toEqual(BigInt64Array.of(0n, 2147483648n));
    expect(TensorData.from([-2147483649], 'int64').data).toEqual(BigInt64Array.of(-2147483649n));
    expect(TensorData.from([Number.MAX_SAFE_INTEGER], 'int64').data).toEqual(BigInt64Array.of(9007199254740991n));
    expect(TensorData.from([], 'int64')).toEqual({ data: new Int32Array(0), dtype: 'int64', shape: [0] });
  });

  it.each([
    [1.5, '1.5'],
    [2 ** 53, '9007199254740992'],
    [Number.NaN, 'NaN'],
    ['1', '"1"'],
    [1n, '1n'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('refuses %p as int64, naming its place', (bad: unknown, picture) => {
    assertRefuses(() => toTensorData([0, bad], 'int64', 'targets'), 'targets[1]', `targets[1]: got ${picture}, expected ${notWhole}`);
  });

  it.each([
    ['0.5', '"0.5"'],
    [undefined, 'undefined'],
    [true, 'true'],
    [[1], 'an array of 1'],
  ])('refuses %p as float32, naming its place', (bad: unknown, picture) => {
    assertRefuses(() => toTensorData([0, bad], 'float32', 'w'), 'w[1]', `w[1]: got ${picture}, expected a number`);
  });

  it('flattens rows in order and keeps the shape', () => {
    expect(TensorData.from([[1, 2, 3], [4, 5, 6]], 'int64')).toEqual({ data: Int32Array.of(1, 2, 3, 4, 5, 6), dtype: 'int64', shape: [2, 3] });
    expect(TensorData.from([[], []], 'float32')).toEqual({ data: new Float32Array(0), dtype: 'float32', shape: [2, 0] });
  });

  it('names row and column of a bad element', () => {
    assertRefuses(() => toTensorData([[1, 2], [3, 'x']], 'float32', 'w'), 'w[1][1]', 'w[1][1]: got "x", expected a number');
    assertRefuses(() => toTensorData([[1, 2], [0.5, 4]], 'int64', 't'), 't[1][0]', `t[1][0]: got 0.5, expected ${notWhole}`);
    assertRefuses(() => toTensorData([[[1, 2], [3, 'x']]], 'int64', 't'), 't[0][1][1]', `t[0][1][1]: got "x", expected ${notWhole}`);
    assertRefuses(() => toTensorData([1, [2]], 'int64', 't'), 't[1]', `t[1]: got an array of 1, expected ${notWhole}`);
  });

  it('takes arrays as deep as they go, and gives them back', () => {
    const values = [[[1, 2], [3, 4], [5, 6]]];
    const tensor = TensorData.from(values, 'int64');
    expect(tensor).toEqual(new TensorData(Int32Array.of(1, 2, 3, 4, 5, 6), [1, 3, 2]));
    expect(tensor.toList()).toEqual(values);
    expect(new TensorData(Float32Array.of(0.5), []).toList()).toBe(0.5);
  });

  it('reads null in float32 as NaN', () => {
    expect(TensorData.from([null, 1], 'float32').toNumbers()).toEqual([Number.NaN, 1]);
    expect(TensorData.from([[null], [1]], 'float32').toNumbers()).toEqual([Number.NaN, 1]);
  });

  it.each([['nope', '"nope"'], ['Float32', '"Float32"'], [undefined, 'undefined'], [null, 'null']])('refuses the dtype %p', (dtype: unknown, picture) => {
    const from = untyped((values: never, type: never) => TensorData.from(values, type));
    const message = `dtype: got ${picture}, expected "float32" or "int64"`;
    for (const values of [[1], Float32Array.of(1), new TensorData(Float32Array.of(1))]) assertRefuses(() => from(values, dtype), 'dtype', message);
  });

  it('refuses ragged rows', () => {
    const rule = 'a row of 2 numbers like the first (nested arrays must be rectangular)';
    assertRefuses(() => TensorData.from([[1, 2], [3]], 'float32', 'w'), 'w[1]', `w[1]: got an array of 1, expected ${rule}`);
    assertRefuses(() => toTensorData([[1, 2], 3], 'float32', 'w'), 'w[1]', `w[1]: got 3, expected ${rule}`);
    const deep = 'an array of 1 arrays like the first (nested arrays must be rectangular)';
    assertRefuses(() => toTensorData([[[1]], [[2], [3]]], 'float32', 'w'), 'w[1]', `w[1]: got an array of 2, expected ${deep}`);
  });

  it('refuses more dimensions than any tensor has, at once', () => {
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
    expect(toTensorData(nested(64), 'float32', 'w').shape).toHaveLength(64);
    for (const levels of [65, 100_000]) assertRefuses(() => toTensorData(nested(levels), 'float32', 'w'), 'w', 'w: got an array of 1, expected at most 64 dimensions');
  });

  it('takes a tensor and a typed array of the right dtype as they are', () => {
    const tensor = new TensorData(Float32Array.of(1));
    expect(TensorData.from(tensor, 'int64')).toBe(tensor);
    const floats = Float32Array.of(1, 2);
    expect(TensorData.from(floats, 'float32').data).toBe(floats);
    const integers = BigInt64Array.of(9007199254740993n);
    expect(TensorData.from(integers, 'int64')).toEqual({ data: integers, dtype: 'int64', shape: [1] });
  });

  it('refuses a typed array of the other dtype', () => {
    assertRefuses(() => TensorData.from(Int32Array.of(1), 'float32', 'w'), 'w', 'w: got Int32Array, expected a Float32Array');
    assertRefuses(() => TensorData.from(Float32Array.of(1), 'int64'), 'tensor', 'tensor: got Float32Array, expected an Int32Array or a BigInt64Array');
  });

  it('refuses what is no list of numbers', () => {
    const rule = 'an array of numbers, a Float32Array, an Int32Array, a BigInt64Array or a TensorData';
    assertRefuses(() => toTensorData('12', 'int64', 't'), 't', `t: got "12", expected ${rule}`);
    assertRefuses(() => toTensorData(new Float64Array(1), 'float32', 't'), 't', `t: got Float64Array, expected ${rule}`);
    assertRefuses(() => toTensorData(null, 'float32', 't'), 't', `t: got null, expected ${rule}`);
  });
});
