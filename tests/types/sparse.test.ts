import { describe, expect, it } from '@jest/globals';
import { TensorData, type SparseTensorInit } from '../../src/types/tensor.js';
import type { TensorValues } from '../../src/types/tensor-values.js';
import { assertRefuses, untyped } from '../support/codec.js';

const init: SparseTensorInit = { values: Float32Array.of(1, 2), crowIndices: [0, 1, 1, 2], colIndices: [1, 3], shape: [3, 4] };
const sparse = untyped((given: never) => TensorData.sparse(given));

describe('a sparse tensor', () => {
  it('keeps what is stored and where', () => {
    const tensor = TensorData.sparse(init);
    expect(tensor).toEqual({
      data: init.values,
      dtype: 'float32',
      shape: [3, 4],
      csr: { crow: Int32Array.of(0, 1, 1, 2), col: Int32Array.of(1, 3) },
    });
    expect(tensor.data).toBe(init.values);
    expect(tensor.size).toBe(12);
  });

  it('takes indices as typed arrays without copying them', () => {
    const crowIndices = Int32Array.of(0, 1, 1, 2);
    expect(TensorData.sparse({ ...init, crowIndices }).csr?.crow).toBe(crowIndices);
    expect(sparse({ ...init, colIndices: BigInt64Array.of(1n, 3n) })).toEqual(TensorData.sparse(init));
  });

  it('reads as the matrix that it stands for', () => {
    const tensor = TensorData.sparse(init);
    expect(tensor.toList()).toEqual([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]);
    expect(tensor.toDense()).toEqual(new TensorData(Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), [3, 4]));
    expect(tensor.toSparse()).toBe(tensor);
  });

  it.each<[string, TensorValues]>([
    ['float32', Float32Array.of(0, 0.5, Number.NaN, -0, 0, 0)],
    ['int64 in 32 bits', Int32Array.of(0, 7, 0, 0, 0, -1)],
    ['int64', BigInt64Array.of(2n ** 60n, 0n, 0n, 0n, 0n, 5n)],
  ])('comes and goes between sparse and dense in %s', (_, data) => {
    const dense = new TensorData(data, [2, 3]);
    const back = dense.toSparse().toDense();
    expect(back.toNumbers().map(Math.abs)).toEqual(dense.toNumbers().map(Math.abs));
    expect(back.dtype).toBe(dense.dtype);
    expect(dense.toDense()).toBe(dense);
  });

  it('stores only what is not zero', () => {
    expect(new TensorData(Int32Array.of(0, 7, 0, 0, 0, -1), [2, 3]).toSparse()).toEqual(
      TensorData.sparse({ values: Int32Array.of(7, -1), crowIndices: [0, 1, 2], colIndices: [1, 2], shape: [2, 3] }),
    );
  });

  it('is a matrix always', () => {
    assertRefuses(() => new TensorData(new Float32Array(2)).toSparse(), 'shape', 'shape: got 1 dimensions, expected two: a sparse tensor is a matrix');
    assertRefuses(() => sparse({ ...init, shape: [3, 4, 1] }), 'shape', 'shape: got 3 dimensions, expected two: a sparse tensor is a matrix');
    assertRefuses(() => sparse(undefined), 'init', 'init: got undefined, expected an object with values, crowIndices, colIndices and shape');
    assertRefuses(() => sparse({ ...init, shape: undefined }), 'shape', 'shape: got 1 dimensions, expected two: a sparse tensor is a matrix');
    assertRefuses(() => sparse({ ...init, shape: [3, -4] }), 'shape', 'shape: got [3, -4], expected whole sizes');
  });

  it.each<[string, object, string, string]>([
    ['row pointers too few', { crowIndices: [0, 2] }, 'crowIndices', 'got 2 entries, expected 4, one more than rows'],
    ['row pointers that begin later', { crowIndices: [1, 1, 1, 2] }, 'crowIndices[0]', 'got 1, expected 0'],
    ['row pointers that go back', { crowIndices: [0, 2, 1, 2] }, 'crowIndices[2]', 'got 1, expected no less than the entry before'],
    ['row pointers that leave values over', { crowIndices: [0, 1, 1, 1] }, 'crowIndices[3]', 'got 1, expected 2, the number of values'],
    ['columns too few', { colIndices: [1] }, 'colIndices', 'got 1 entries, expected 2, one per value'],
    ['a column outside', { colIndices: [1, 4] }, 'colIndices[1]', 'got 4, expected a column from 0 to 3'],
    ['a column before the first', { colIndices: [-1, 3] }, 'colIndices[0]', 'got -1, expected a column from 0 to 3'],
    ['a fraction for a column', { colIndices: [1, 2.5] }, 'colIndices[1]', 'got 2.5, expected a whole number'],
    ['columns that are none', { colIndices: 'AAAA' }, 'colIndices', 'got "AAAA", expected an Int32Array or an array of whole numbers'],
  ])('refuses %s', (_, change, field, message) => {
    assertRefuses(() => sparse({ ...init, ...change }), field, `${field}: ${message}`);
  });
});
