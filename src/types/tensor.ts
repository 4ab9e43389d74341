import { invalid, invalidPhrase, show } from './errors.js';

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
  /** The elements in row-major order, as given: not a copy. */
  readonly data: TensorValues;
  /** Element type on the wire: float32 for a Float32Array, int64 for the integer arrays. */
  readonly dtype: TensorDtype;
  /** Extent of every dimension, outermost first; empty for a scalar. Its product is {@link TensorData.size}. */
  readonly shape: readonly number[];

  /**
   * @param data elements; a Float32Array is sent as float32, the integer arrays as int64
   * @param shape defaults to one dimension; its product must be the number of elements
   * @throws TinkerError `validation` when the elements are of another kind or the shape does not fit
   */
  constructor(data: TensorValues, shape?: readonly number[]) {
    if (!isTensorValues(data)) throw invalid('data', data, 'a Float32Array, an Int32Array or a BigInt64Array');
    this.data = data;
    this.dtype = data instanceof Float32Array ? 'float32' : 'int64';
    this.shape = shape === undefined ? [data.length] : checkShape(shape, data.length);
  }

  /**
   * Makes a tensor of numbers, flat (one dimension) or in rows (two). A TensorData is handed back as it
   * is; a typed array is kept, not copied, and must be of the dtype.
   * @param dtype float32 rounds every number; int64 wants whole ones within ±(2^53 - 1)
   * @param field names the argument in an error; default `tensor`
   * @throws TinkerError `validation` naming the first bad element by index, or the dtype
   */
  static from(values: TensorLike, dtype: TensorDtype, field = 'tensor'): TensorData {
    if (!isDtype(dtype)) throw invalid('dtype', dtype, '"float32" or "int64"');
    return toTensorData(values, dtype, field);
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

/**
 * Makes a tensor of anything that can be one; see {@link TensorData.from}.
 * @throws TinkerError `validation`
 */
export function toTensorData(values: unknown, dtype: TensorDtype, field: string): TensorData {
  if (values instanceof TensorData) return values;
  if (isTensorValues(values)) return fromTyped(values, dtype, field);
  if (!Array.isArray(values)) {
    throw invalid(field, values, 'an array of numbers, a Float32Array, an Int32Array, a BigInt64Array or a TensorData');
  }
  const { flat, shape } = flatten(values, field);
  const at = (index: number) => `${field}${elementName(shape, index)}`;
  return new TensorData(dtype === 'float32' ? toFloat32(flat, at) : toInt64(flat, at), shape);
}

/** Where an element of a flat array stands in a tensor of one or two dimensions: `[3]`, `[1][0]`. */
export function elementName(shape: readonly number[], index: number): string {
  const [, width] = shape;
  return width === undefined || shape.length > 2 ? `[${index}]` : `[${Math.floor(index / width)}][${index % width}]`;
}

function isDtype(dtype: unknown): dtype is TensorDtype {
  return dtype === 'float32' || dtype === 'int64';
}

function isTensorValues(values: unknown): values is TensorValues {
  return values instanceof Float32Array || values instanceof Int32Array || values instanceof BigInt64Array;
}

function checkShape(shape: readonly number[], size: number): readonly number[] {
  const allowed = `whole sizes whose product is the ${size} elements given`;
  const given: unknown = shape;
  if (!Array.isArray(given)) throw invalid('shape', given, `an array of ${allowed}`);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || product(shape) !== size) {
    throw invalidPhrase('shape', `[${given.map(show).join(', ')}]`, allowed);
  }
  return shape;
}

function fromTyped(values: TensorValues, dtype: TensorDtype, field: string): TensorData {
  const tensor = new TensorData(values);
  if (tensor.dtype === dtype) return tensor;
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

type NameOf = (index: number) => string;

function toFloat32(values: readonly unknown[], at: NameOf): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number') throw invalid(at(i), value, 'a number');
    out[i] = value;
    if (Number.isFinite(value) && !Number.isFinite(out[i])) throw invalid(at(i), value, 'a number that float32 can hold');
  }
  return out;
}

function toInt64(values: readonly unknown[], at: NameOf): Int32Array | BigInt64Array {
  const out = new Int32Array(values.length);
  let fits = true;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw invalid(at(i), value, 'a whole number within ±(2^53 - 1); larger ones go in a BigInt64Array');
    }
    out[i] = value;
    if (out[i] !== value) fits = false;
  }
  return fits ? out : BigInt64Array.from(values, (value) => BigInt(Number(value)));
}

/** Number of elements of a shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}
