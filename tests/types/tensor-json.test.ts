import { describe, expect, it } from '@jest/globals';
import { TensorData } from '../../src/types/tensor.js';
import { TensorFromJson } from '../../src/types/tensor-json.js';
import { assertDecodes, assertRejects, assertStandsFor, rightOf } from '../support/codec.js';

describe('TensorFromJson', () => {
  it('carries flat data, dtype and shape, as Appendix C of the protocol has it', () => {
    assertStandsFor(TensorFromJson, new TensorData(Int32Array.of(2, 3, 4)), '{"data":[2,3,4],"dtype":"int64","shape":[3]}');
    assertStandsFor(TensorFromJson, new TensorData(Float32Array.of(0.5, -1, 0, 2), [2, 2]), '{"data":[0.5,-1,0,2],"dtype":"float32","shape":[2,2]}');
    assertStandsFor(TensorFromJson, new TensorData(BigInt64Array.of(2147483648n)), '{"data":[2147483648],"dtype":"int64","shape":[1]}');
    assertStandsFor(TensorFromJson, new TensorData(new Float32Array(0)), '{"data":[],"dtype":"float32","shape":[0]}');
  });

  it('comes back from its text to the last bit', () => {
    const data = Float32Array.of(0.1, 1 / 3, -1e-45, 3.4028234663852886e38, 16777217);
    const back: unknown = JSON.parse(JSON.stringify(TensorFromJson.encode(new TensorData(data))));
    expect(rightOf(TensorFromJson.decode(back)).data).toEqual(data);
  });

  it('has one dimension where no shape is given', () => {
    assertDecodes(TensorFromJson, { data: [1, 2], dtype: 'float32' }, new TensorData(Float32Array.of(1, 2)));
    assertDecodes(TensorFromJson, { data: [1, 2], dtype: 'float32', shape: null }, new TensorData(Float32Array.of(1, 2)));
  });

  it('takes nested data at its own shape', () => {
    assertDecodes(TensorFromJson, { data: [[1, 2], [3, 4]], dtype: 'int64' }, new TensorData(Int32Array.of(1, 2, 3, 4), [2, 2]));
  });

  const aTensor = 'expected a tensor with data and a dtype of float32 or int64';
  const notWhole = 'expected a whole number within ±(2^53 - 1); larger ones go in a BigInt64Array';
  it.each([
    ['no object', 7, `got 7, ${aTensor}`],
    ['null', null, `got null, ${aTensor}`],
    ['no data', { dtype: 'int64' }, `got an object, ${aTensor}`],
    ['data that is no array', { data: 'AAAA', dtype: 'int64' }, `got an object, ${aTensor}`],
    ['no dtype', { data: [1] }, `got an object, ${aTensor}`],
    ['another dtype', { data: [1], dtype: 'bfloat16' }, `got an object, ${aTensor}`],
    ['a shape of text', { data: [1], dtype: 'int64', shape: ['1'] }, 'got an object, expected a shape of whole numbers'],
    ['a shape that does not fit', { data: [1, 2], dtype: 'int64', shape: [3] }, 'got an object, shape: got [3], expected whole sizes whose product is the 2 elements given'],
    ['a fraction as int64', { data: [1, 2.5], dtype: 'int64' }, `got an object, data[1]: got 2.5, ${notWhole}`],
    ['null among int64, which has no NaN', { data: [null], dtype: 'int64' }, `got an object, data[0]: got null, ${notWhole}`],
    ['sparse columns without row pointers', { data: [1], dtype: 'float32', sparse_col_indices: [2] }, 'got an object, crowIndices: got undefined, expected an Int32Array or an array of whole numbers'],
    ['row pointers that are none', { data: [1], dtype: 'float32', sparse_crow_indices: [0, 'x'], sparse_col_indices: [2], shape: [1, 3] }, 'got an object, crowIndices[1]: got "x", expected a whole number'],
  ])('refuses %s', (_, wire: unknown, report) => {
    assertRejects(TensorFromJson, wire, `the body: ${report}`);
  });

  it('takes indices that are null for those of a dense tensor', () => {
    assertDecodes(TensorFromJson, { data: [1], dtype: 'int64', sparse_crow_indices: null, sparse_col_indices: null }, new TensorData(Int32Array.of(1)));
  });

  it('refuses an integer that JSON has rounded already instead of taking its neighbour', () => {
    const wire: unknown = JSON.parse('{"data":[9007199254740993],"dtype":"int64","shape":[1]}');
    assertRejects(TensorFromJson, wire, `the body: got an object, data[0]: got 9007199254740992, ${notWhole}`);
  });

  it('knows a tensor when it sees one', () => {
    expect([new TensorData(new Int32Array(1)), { data: [1], dtype: 'int64', shape: [1] }].map((value) => TensorFromJson.is(value))).toEqual([true, false]);
  });

  it('reads null, which servers write for NaN, as NaN', () => {
    const wire = { data: [null, -0.5], dtype: 'float32', shape: [2] };
    assertDecodes(TensorFromJson, wire, new TensorData(Float32Array.of(Number.NaN, -0.5)));
  });

  it('reads a sparse tensor, and writes it dense', () => {
    const tensor = TensorData.sparse({ values: Float32Array.of(1), crowIndices: [0, 1], colIndices: [2], shape: [1, 4] });
    assertDecodes(TensorFromJson, { data: [1], dtype: 'float32', shape: [1, 4], sparse_crow_indices: [0, 1], sparse_col_indices: [2] }, tensor);
    expect(TensorFromJson.encode(tensor)).toEqual({ data: [0, 0, 1, 0], dtype: 'float32', shape: [1, 4] });
  });
});
