import * as t from 'io-ts';
import { invalid } from './errors.js';

/** Element type of a tensor on the wire. */
export type TensorDtype = 'float32' | 'int64';

/** Where the elements are kept. int64 values that fit in 32 bits may be kept in an Int32Array. */
export type TensorValues = Float32Array | Int32Array | BigInt64Array;

/** Anything a tensor can be made of; nested arrays must be rectangular. */
export type TensorLike = TensorData | TensorValues | readonly number[] | readonly (readonly number[])[];

/**
 * A dense tensor: its elements in row-major order, their dtype on the wire, and the shape
 * (wire protocol §6.8). The elements are kept as given, not copied: do not change an array that you
 * passed in before the operation that uses it is accepted.
 */
export class TensorData {
  readonly data: TensorValues;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];

  /**
   * @param data elements; a Float32Array is sent as float32, the integer arrays as int64
   * @param shape defaults to one dimension; its product must be the number of elements
   * @throws TinkerError `validation` when the shape does not fit
   */
  constructor(data: TensorValues, shape: readonly number[] = [data.length]) {
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || product(shape) !== data.length) {
      throw invalid('shape', `[${shape.join(', ')}]`, `whole sizes whose product is the ${data.length} elements given`);
    }
    this.data = data;
    this.dtype = data instanceof Float32Array ? 'float32' : 'int64';
    this.shape = shape;
  }

  /**
   * Makes a tensor of numbers, nested or flat.
   * @param field names the argument in an error
   * @throws TinkerError `validation` naming the first bad element by index
   */
  static from(values: TensorLike, dtype: TensorDtype, field = 'tensor'): TensorData {
    if (values instanceof TensorData) return values;
    if (values instanceof Float32Array || values instanceof Int32Array || values instanceof BigInt64Array) {
      return fromTyped(values, dtype, field);
    }
    if (!Array.isArray(values)) throw invalid(field, values, 'an array of numbers, a typed array or a TensorData');
    const { flat, shape } = flatten(values, field);
    return new TensorData(dtype === 'float32' ? toFloat32(flat, field) : toInt64(flat, field), shape);
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The elements as plain numbers. int64 beyond 2^53 loses precision: read `data` for those. */
  toNumbers(): number[] {
    return Array.from<number | bigint, number>(this.data, Number);
  }
}

function fromTyped(values: TensorValues, dtype: TensorDtype, field: string): TensorData {
  const given: TensorDtype = values instanceof Float32Array ? 'float32' : 'int64';
  if (given === dtype) return new TensorData(values);
  throw invalid(field, values, dtype === 'float32' ? 'a Float32Array' : 'an Int32Array or a BigInt64Array');
}

function flatten(values: readonly unknown[], field: string): { flat: readonly unknown[]; shape: number[] } {
  if (!Array.isArray(values[0])) return { flat: values, shape: [values.length] };
  const width = values[0].length;
  const flat = values.flatMap((row, index): readonly unknown[] => {
    if (Array.isArray(row) && row.length === width) return row;
    throw invalid(`${field}[${index}]`, row, `a row of ${width} numbers like the first (nested arrays must be rectangular)`);
  });
  return { flat, shape: [values.length, width] };
}

function toFloat32(values: readonly unknown[], field: string): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number') throw invalid(`${field}[${i}]`, value, 'a number');
    out[i] = value;
  }
  return out;
}

function toInt64(values: readonly unknown[], field: string): Int32Array | BigInt64Array {
  const out = new Int32Array(values.length);
  let fits = true;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalid(`${field}[${i}]`, value, 'a whole number');
    out[i] = value;
    if (out[i] !== value) fits = false;
  }
  return fits ? out : BigInt64Array.from(values, (value) => BigInt(Number(value)));
}

/** Number of elements of a shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

interface TensorJson {
  readonly data: readonly number[];
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/** A tensor in the JSON dialect: flat `data`, `dtype` and `shape` (wire protocol, Appendix C). */
export const TensorFromJson = new t.Type<TensorData, TensorJson>(
  'Tensor',
  (value): value is TensorData => value instanceof TensorData,
  (value, context) => {
    const { data, dtype, shape }: Partial<Record<keyof TensorJson, unknown>> =
      typeof value === 'object' && value !== null ? value : {};
    if (!Array.isArray(data) || (dtype !== 'float32' && dtype !== 'int64')) {
      return t.failure(value, context, 'expected a tensor with data and a dtype of float32 or int64');
    }
    const extents = shape ?? [data.length];
    if (!t.array(t.number).is(extents)) return t.failure(value, context, 'expected a shape of whole numbers');
    try {
      return t.success(new TensorData(TensorData.from(data, dtype, 'data').data, extents));
    } catch (thrown) {
      return t.failure(value, context, thrown instanceof Error ? thrown.message : 'expected a tensor');
    }
  },
  (tensor) => ({ data: tensor.toNumbers(), dtype: tensor.dtype, shape: tensor.shape }),
);
