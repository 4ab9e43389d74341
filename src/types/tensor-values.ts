import { invalid } from './errors.js';

/** Element type of a tensor on the wire. */
export type TensorDtype = 'float32' | 'int64';

/** Where the elements are kept. int64 values that fit in 32 bits may be kept in an Int32Array. */
export type TensorValues = Float32Array | Int32Array | BigInt64Array;

/** Numbers in arrays of arrays, as deep as a tensor has dimensions; a scalar is a bare number. */
export type NestedNumbers = number | readonly NestedNumbers[];

export function isTensorValues(values: unknown): values is TensorValues {
  return values instanceof Float32Array || values instanceof Int32Array || values instanceof BigInt64Array;
}

export function dtypeOfValues(values: TensorValues): TensorDtype {
  return values instanceof Float32Array ? 'float32' : 'int64';
}

/** As many as the library that knows most of them. */
const mostDimensions = 64;

/**
 * Elements of a flat or nested plain array as the dtype keeps them, and their shape. null in a float32
 * array becomes NaN (wire protocol §6.8).
 * @throws TinkerError `validation` naming the first bad element, or the first row of another length
 */
export function fromNested(values: readonly unknown[], dtype: TensorDtype, field: string): { data: TensorValues; shape: readonly number[] } {
  const shape: number[] = [];
  for (let at: unknown = values; Array.isArray(at); at = at[0]) shape.push(at.length);
  if (shape.length > mostDimensions) throw invalid(field, values, `at most ${mostDimensions} dimensions`);
  // Copying a flat array takes several times as long as reading it where it is.
  const flat = shape.length === 1 ? values : flattened(values, shape, field);
  const at = (index: number) => `${field}${elementName(shape, index)}`;
  return { data: dtype === 'float32' ? toFloat32(flat, at) : toInt64(flat, at), shape };
}

function flattened(values: readonly unknown[], shape: readonly number[], at: string): unknown[] {
  const out: unknown[] = [];
  collect(values, shape, at, out);
  return out;
}

function collect(values: readonly unknown[], shape: readonly number[], at: string, out: unknown[]): void {
  const [, width] = shape;
  if (width === undefined) {
    for (const value of values) out.push(value);
    return;
  }
  const inner = shape.slice(1);
  values.forEach((row: unknown, index) => {
    if (!Array.isArray(row) || row.length !== width) {
      const allowed = inner.length === 1 ? `a row of ${width} numbers` : `an array of ${width} arrays`;
      throw invalid(`${at}[${index}]`, row, `${allowed} like the first (nested arrays must be rectangular)`);
    }
    collect(row, inner, `${at}[${index}]`, out);
  });
}

/** Where an element of a flat array stands in a tensor of the shape: `[3]`, `[1][0]`. */
export function elementName(shape: readonly number[], index: number): string {
  let rest = index;
  const places = shape.slice(1).reverse().map((extent) => {
    const place = rest % extent;
    rest = Math.floor(rest / extent);
    return place;
  });
  return [rest, ...places.reverse()].map((place) => `[${place}]`).join('');
}

/** A flat array as arrays of arrays by a shape. */
export function nested(flat: readonly number[], shape: readonly number[]): NestedNumbers {
  const [extent, ...inner] = shape;
  if (extent === undefined) return Number(flat[0]);
  if (inner.length === 0) return flat;
  const step = product(inner);
  return Array.from({ length: extent }, (_, index) => nested(flat.slice(index * step, (index + 1) * step), inner));
}

type NameOf = (index: number) => string;

function toFloat32(values: readonly unknown[], at: NameOf): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] === null ? Number.NaN : values[i];
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
