/**
 * Several target tokens per position (wire protocol §5.6, §9.4): loss inputs are then matrices with
 * a row per position and a column per target. No loss mixes targets, so a matrix is as good as its
 * columns, each of them a sequence of its own.
 */
import { TensorData } from '../../types/tensor.js';
import { userError } from '../engine/engine-error.js';

/** Positions, and targets per position where the loss inputs are matrices. */
export type TargetShape = readonly [number] | readonly [number, number];

/** Most target tokens per position: each costs a pass over the whole sequence. */
export const MAX_TARGETS = 64;

/**
 * Takes the shape of the targets of a sequence.
 * @param at names the targets in an error
 * @throws EngineError `user` unless there is a row per token, of 1 to {@link MAX_TARGETS} targets
 */
export function checkShape(shape: readonly number[], tokens: number, at: string): TargetShape {
  const [rows, columns] = shape;
  if (rows !== tokens || shape.length > 2) {
    throw userError(
      `${at}: has shape [${shape.join(', ')}], expected [${tokens}], one target per token of the model input, or [${tokens}, K] for K targets per token.`,
    );
  }
  if (columns === undefined) return [rows];
  if (columns >= 1 && columns <= MAX_TARGETS) return [rows, columns];
  throw userError(`${at}: has shape [${shape.join(', ')}], expected 1 to ${MAX_TARGETS} targets per token; spread more of them over several datums.`);
}

/** One column of a matrix with so many of them; of a single column, the values as they are. */
export function columnOf<Values extends Int32Array | Float32Array>(values: Values, count: number, column: number): Values;
export function columnOf(values: Int32Array | Float32Array, count: number, column: number): Int32Array | Float32Array {
  if (count === 1) return values;
  return values.slice(0, values.length / count).map((_, row) => values[row * count + column] ?? 0);
}

/** Puts together again what was worked out column by column, one tensor per shape. */
export function joinColumns(columns: readonly Float32Array[], shapes: readonly TargetShape[]): TensorData[] {
  let next = 0;
  return shapes.map((shape) => {
    const [rows, count = 1] = shape;
    const own = columns.slice(next, next + count);
    next += count;
    const [only] = own;
    if (only !== undefined && count === 1) return new TensorData(only, shape);
    const values = new Float32Array(rows * count);
    own.forEach((column, at) => {
      column.forEach((value, row) => (values[row * count + at] = value));
    });
    return new TensorData(values, shape);
  });
}
