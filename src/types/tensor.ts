import { isRecord } from './check.js';
import { invalid, invalidPhrase, show } from './errors.js';
import { checkCsr, densified, sparsified, type CsrIndices } from './sparse.js';
import {
  dtypeOfValues,
  fromNested,
  isTensorValues,
  nested,
  product,
  type NestedNumbers,
  type TensorDtype,
  type TensorValues,
} from './tensor-values.js';

/**
 * Anything a tensor can be made of. Nested arrays must be rectangular; null in an array of a float32
 * tensor becomes NaN.
 */
export type TensorLike = TensorData | TensorValues | readonly NestedValues[];

type NestedValues = number | null | readonly NestedValues[];

/** What a sparse tensor is made of: compressed sparse rows (wire protocol §5.6). */
export interface SparseTensorInit {
  /** The stored values, row by row; what is not stored is zero. */
  readonly values: TensorValues;
  /** Row r holds the values from `crowIndices[r]` up to, not including, `crowIndices[r + 1]`: one entry more than rows. */
  readonly crowIndices: Int32Array | readonly number[];
  /** Column of every stored value. */
  readonly colIndices: Int32Array | readonly number[];
  /** Rows and columns. */
  readonly shape: readonly [number, number];
}

/**
 * A tensor: its elements in row-major order, their dtype on the wire, and the shape (wire protocol
 * §6.8). The elements are kept as given, not copied: do not change an array that you passed in before
 * the operation that uses it is accepted.
 *
 * A tensor is dense, and stays so, unless you make it sparse with {@link TensorData.sparse} or
 * {@link TensorData.toSparse}. Sparse matrices of `target_tokens` and `weights` make requests smaller
 * where few values differ from zero; some self-hosted servers refuse them.
 */
export class TensorData {
  /** The elements in row-major order, as given: not a copy. Of a sparse tensor, the stored ones only. */
  readonly data: TensorValues;
  /** Element type on the wire: float32 for a Float32Array, int64 for the integer arrays. */
  readonly dtype: TensorDtype;
  /** Extent of every dimension, outermost first; empty for a scalar. Its product is {@link TensorData.size}. */
  readonly shape: readonly number[];
  /** Where the stored values stand; undefined when the tensor is dense. */
  readonly csr: CsrIndices | undefined;

  /**
   * @param data elements; a Float32Array is sent as float32, the integer arrays as int64
   * @param shape defaults to one dimension; its product must be the number of elements
   * @param csr makes the tensor sparse; {@link TensorData.sparse} is the more convenient way
   * @throws TinkerError `validation` when the elements are of another kind or the shape does not fit
   */
  constructor(data: TensorValues, shape?: readonly number[], csr?: CsrIndices) {
    if (!isTensorValues(data)) throw invalid('data', data, 'a Float32Array, an Int32Array or a BigInt64Array');
    this.data = data;
    this.dtype = dtypeOfValues(data);
    this.shape = shape === undefined ? [data.length] : checkShape(shape, csr === undefined ? data.length : undefined);
    this.csr = csr === undefined ? undefined : checkCsr(csr, this.shape, data.length);
  }

  /**
   * Makes a tensor of numbers, flat or in nested rows. A TensorData is handed back as it is; a typed array
   * is kept, not copied, and must be of the dtype.
   * @param dtype float32 rounds every number and takes null for NaN; int64 wants whole ones within ±(2^53 - 1)
   * @param field names the argument in an error; default `tensor`
   * @throws TinkerError `validation` naming the first bad element by index, or the dtype
   */
  static from(values: TensorLike, dtype: TensorDtype, field = 'tensor'): TensorData {
    if (!isDtype(dtype)) throw invalid('dtype', dtype, '"float32" or "int64"');
    return toTensorData(values, dtype, field);
  }

  /**
   * Makes a sparse matrix (wire protocol §5.6).
   * @throws TinkerError `validation` naming the field that does not fit
   */
  static sparse(init: SparseTensorInit): TensorData {
    if (!isRecord(init)) throw invalid('init', init, 'an object with values, crowIndices, colIndices and shape');
    const { values, crowIndices, colIndices, shape } = init;
    return toSparseTensor(values, shape, crowIndices, colIndices);
  }

  /** Number of elements, those that a sparse tensor does not store among them. */
  get size(): number {
    return product(this.shape);
  }

  /** This tensor when it is dense; else a dense copy with its zeros written out. */
  toDense(): TensorData {
    const { data, csr, shape } = this;
    return csr === undefined ? this : new TensorData(densified(data, csr, Number(shape[1])), shape);
  }

  /**
   * This matrix with only those elements stored that are not zero; itself when it is sparse already.
   * @throws TinkerError `validation` unless the tensor has two dimensions
   */
  toSparse(): TensorData {
    const { data, csr, shape } = this;
    if (csr !== undefined) return this;
    const [rows, columns] = shape;
    if (rows === undefined || columns === undefined || shape.length !== 2) {
      throw invalidPhrase('shape', `${shape.length} dimensions`, 'two: a sparse tensor is a matrix');
    }
    const { values, crow, col } = sparsified(data, rows, columns);
    return new TensorData(values, shape, { crow, col });
  }

  /** All elements as plain numbers in row-major order. int64 beyond 2^53 loses precision: read `data` for those. */
  toNumbers(): number[] {
    return Array.from<number | bigint, number>(this.toDense().data, Number);
  }

  /** All elements as plain numbers in arrays nested by the shape; a bare number when the tensor is a scalar. */
  toList(): NestedNumbers {
    return nested(this.toNumbers(), this.shape);
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
  const { data, shape } = fromNested(values, dtype, field);
  return new TensorData(data, shape);
}

/**
 * Makes a sparse matrix of what came over the wire; see {@link TensorData.sparse}.
 * @throws TinkerError `validation`
 */
export function toSparseTensor(
  values: TensorValues,
  shape: readonly number[] | undefined,
  crowIndices: unknown,
  colIndices: unknown,
): TensorData {
  return new TensorData(values, shape, { crow: toIndices(crowIndices, 'crowIndices'), col: toIndices(colIndices, 'colIndices') });
}

function isDtype(dtype: unknown): dtype is TensorDtype {
  return dtype === 'float32' || dtype === 'int64';
}

/** @param size number of elements that the shape must have, when that is known */
function checkShape(shape: readonly number[], size: number | undefined): readonly number[] {
  const allowed = size === undefined ? 'whole sizes' : `whole sizes whose product is the ${size} elements given`;
  const given: unknown = shape;
  if (!Array.isArray(given)) throw invalid('shape', given, `an array of ${allowed}`);
  const whole = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!whole || (size !== undefined && product(shape) !== size)) {
    throw invalidPhrase('shape', `[${given.map(show).join(', ')}]`, allowed);
  }
  return shape;
}

function toIndices(values: unknown, field: string): Int32Array {
  if (values instanceof Int32Array) return values;
  if (!Array.isArray(values) && !(values instanceof BigInt64Array)) throw invalid(field, values, 'an Int32Array or an array of whole numbers');
  const out = Int32Array.from(values, Number);
  const wrong = out.findIndex((value, index) => value !== Number(values[index]));
  if (wrong !== -1) throw invalid(`${field}[${wrong}]`, values[wrong], 'a whole number');
  return out;
}

function fromTyped(values: TensorValues, dtype: TensorDtype, field: string): TensorData {
  const tensor = new TensorData(values);
  if (tensor.dtype === dtype) return tensor;
  throw invalid(field, values, dtype === 'float32' ? 'a Float32Array' : 'an Int32Array or a BigInt64Array');
}
