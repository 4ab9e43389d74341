import { describe, expect, it } from '@jest/globals';
import { ModelInput, type EncodableDatum } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { checkSparse, firstMatrix, isSparse, withoutSparse } from '../../src/wire/flat-pass.js';
import { assertRefuses } from '../support/codec.js';

const modelInput = ModelInput.fromInts([1, 2]);
const of = (lossFnInputs: EncodableDatum['lossFnInputs']): EncodableDatum => ({ modelInput, lossFnInputs });
const row = new TensorData(Float32Array.of(0, 2));
const column = new TensorData(Float32Array.of(0, 2), [2, 1]);
const matrix = new TensorData(Float32Array.of(0, 1, 2, 3), [2, 2]);

describe('firstMatrix', () => {
  it('names the first tensor whose meaning is lost with its shape', () => {
    expect(firstMatrix([of({ weights: row }), of({ weights: column, advantages: matrix }), of({ weights: matrix })])).toBe('data[1].lossFnInputs.advantages');
  });

  it('finds none among rows, columns and scalars', () => {
    expect(firstMatrix([of({ weights: row, advantages: column, logprobs: new TensorData(Float32Array.of(1), []) })])).toBeUndefined();
  });
});

describe('sparse tensors', () => {
  it('are told from dense ones', () => {
    expect([of({}), of({ weights: column }), of({ weights: row, advantages: column.toSparse() })].map(isSparse)).toEqual([false, false, true]);
  });

  it('are written out as rows, while all else stays as it is', () => {
    expect(withoutSparse(of({ advantages: matrix, weights: column.toSparse() }))).toEqual(of({ advantages: matrix, weights: row }));
  });

  it('are refused when they are matrices, which dense tensors may be', () => {
    expect(() => checkSparse([of({ weights: column.toSparse(), advantages: matrix })])).not.toThrow();
    assertRefuses(
      () => checkSparse([of({}), of({ weights: matrix.toSparse() })]),
      'data[1].lossFnInputs.weights',
      'data[1].lossFnInputs.weights: got a sparse matrix, expected one number per token: this server takes no sparse tensors, ' +
        'and written out it would read this one as a single row',
    );
  });
});
