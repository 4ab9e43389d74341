import { invalid, invalidPhrase } from './errors.js';
import type { TensorValues } from './tensor-values.js';

/** Where the stored values of a sparse matrix stand, in compressed sparse rows (wire protocol §5.6). */
export interface CsrIndices {
  /** Row r holds the stored values from `crow[r]` up to, not including, `crow[r + 1]`; one entry more than rows. */
  readonly crow: Int32Array;
  /** Column of every stored value. */
  readonly col: Int32Array;
}

/**
 * Checks that indices describe a matrix of the shape with as many stored values.
 * @throws TinkerError `validation` naming the field
 */
export function checkCsr(indices: CsrIndices, shape: readonly number[], stored: number): CsrIndices {
  const { crow, col } = indices;
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw invalidPhrase('shape', `${shape.length} dimensions`, 'two: a sparse tensor is a matrix');
  }
  if (crow.length !== rows + 1) throw invalidPhrase('crowIndices', `${crow.length} entries`, `${rows + 1}, one more than rows`);
  if (col.length !== stored) throw invalidPhrase('colIndices', `${col.length} entries`, `${stored}, one per value`);
  if (crow[0] !== 0) throw invalid('crowIndices[0]', crow[0], '0');
  const back = crow.findIndex((start, row) => start < Number(crow[row - 1]));
  if (back !== -1) throw invalid(`crowIndices[${back}]`, crow[back], 'no less than the entry before');
  if (crow.at(-1) !== stored) throw invalid(`crowIndices[${rows}]`, crow.at(-1), `${stored}, the number of values`);
  const outside = col.findIndex((column) => column < 0 || column >= columns);
  if (outside !== -1) throw invalid(`colIndices[${outside}]`, col[outside], `a column from 0 to ${columns - 1}`);
  return indices;
}

/** All elements of a sparse matrix, zeros written out. */
export function densified(values: TensorValues, { crow, col }: CsrIndices, columns: number): TensorValues {
  const size = (crow.length - 1) * columns;
  const places = col.slice();
  for (let row = 0; row + 1 < crow.length; row += 1) {
    for (let at = Number(crow[row]); at < Number(crow[row + 1]); at += 1) places[at] = row * columns + Number(col[at]);
  }
  if (values instanceof Float32Array) return scattered(values, new Float32Array(size), places);
  if (values instanceof Int32Array) return scattered(values, new Int32Array(size), places);
  return scattered(values, new BigInt64Array(size), places);
}

interface Elements<V> {
  readonly forEach: (visit: (value: V, index: number) => void) => void;
}

function scattered<V, A extends Record<number, V>>(values: Elements<V>, out: A, places: Int32Array): A {
  const target: Record<number, V> = out;
  values.forEach((value, index) => { target[Number(places[index])] = value; });
  return out;
}

/** The elements of a matrix that are not zero, and where they stand. */
export function sparsified(values: TensorValues, rows: number, columns: number): CsrIndices & { readonly values: TensorValues } {
  const crow = new Int32Array(rows + 1);
  const col: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (Number(values[row * columns + column]) !== 0) col.push(column);
    }
    crow[row + 1] = col.length;
  }
  return { values: values.filter((value: number | bigint) => Number(value) !== 0), crow, col: Int32Array.from(col) };
}
