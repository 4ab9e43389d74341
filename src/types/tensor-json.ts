import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from './check.js';
import { toTinkerError } from './errors.js';
import { TensorData, toSparseTensor, toTensorData } from './tensor.js';
import type { TensorDtype } from './tensor-values.js';

interface TensorJson {
  readonly data: readonly number[];
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/**
 * A tensor in the JSON dialect: flat `data`, `dtype` and `shape`, and the row pointers and columns of a
 * sparse one (wire protocol, Appendix C). JSON has no NaN and no infinities; null among float32 reads as
 * NaN, as the protobuf form of the same tensor would. Sparse tensors are written dense, which every
 * server takes.
 */
export const TensorFromJson = new t.Type<TensorData, TensorJson>(
  'Tensor',
  (value): value is TensorData => value instanceof TensorData,
  (value, context) => {
    const wire = isRecord(value) ? value : {};
    const { data, dtype } = wire;
    if (!Array.isArray(data) || (dtype !== 'float32' && dtype !== 'int64')) {
      return t.failure(value, context, 'expected a tensor with data and a dtype of float32 or int64');
    }
    const shape = wire['shape'] ?? undefined;
    if (shape !== undefined && !t.array(t.number).is(shape)) return t.failure(value, context, 'expected a shape of whole numbers');
    const crowIndices = wire['sparse_crow_indices'] ?? undefined;
    const colIndices = wire['sparse_col_indices'] ?? undefined;
    const made = E.tryCatch(() => {
      const tensor = toTensorData(data, dtype, 'data');
      if (crowIndices === undefined && colIndices === undefined) return shape === undefined ? tensor : new TensorData(tensor.data, shape);
      return toSparseTensor(tensor.data, shape, crowIndices, colIndices);
    }, (thrown) => toTinkerError(thrown));
    return E.isLeft(made) ? t.failure(value, context, made.left.message) : made;
  },
  (tensor) => ({ data: tensor.toNumbers(), dtype: tensor.dtype, shape: tensor.shape }),
);
