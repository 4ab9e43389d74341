import { describe, expect, it } from '@jest/globals';
import { fillUniform, RandomStream } from '../../../../src/server/engine/random.js';
import { timesTransposed } from '../../../../src/server/engine/sampling/linear.js';

function some(size: number, name: string): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size);
  fillUniform(values, 1, new RandomStream(1, name));
  return values;
}

function product(x: Float64Array, rows: number, w: Float32Array, inputs: number, outputs: number): Float64Array {
  const y = new Float64Array(rows * outputs);
  timesTransposed(x, rows, w, inputs, outputs, y);
  return y;
}

describe.each([
  [1, 3, 4],
  [4, 5, 2],
  [4, 5, 11],
  [7, 8, 11],
  [3, 2, 1],
])('the product of %d rows with %d inputs and %d outputs', (rows, inputs, outputs) => {
  const x = Float64Array.from(some(rows * inputs, 'x'));
  const w = some(outputs * inputs, 'w');
  const actual = product(x, rows, w, inputs, outputs);

  it('is the sum over the inputs', () => {
    const expected = Float64Array.from({ length: rows * outputs }, (_, at) => {
      const [row, output] = [Math.floor(at / outputs), at % outputs];
      return w.subarray(output * inputs, (output + 1) * inputs).reduce((sum, weight, i) => sum + weight * (x[row * inputs + i] ?? 0), 0);
    });
    expect(actual).toEqual(expected);
  });

  it('gives a row the same bits in any company', () => {
    for (let row = 0; row < rows; row++) {
      const alone = product(x.slice(row * inputs, (row + 1) * inputs), 1, w, inputs, outputs);
      expect(alone).toEqual(actual.slice(row * outputs, (row + 1) * outputs));
    }
  });
});
