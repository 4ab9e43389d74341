import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from './check.js';
import { toTinkerError } from './errors.js';
import { TensorData, toTensorData, type TensorDtype } from './tensor.js';

interface TensorJson {
  readonly data: readonly number[];
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/** A tensor in the JSON dialect: flat `data`, `dtype` and `shape` (wire protocol, Appendix C). */
export const TensorFromJson = tensorCodec((data) => data);

/**
 * A tensor of a result in the JSON dialect. JSON has no NaN and no infinities; servers that compute
 * one write null in its place, which reads as NaN, as the protobuf form of the same result would.
 */
export const OutputTensorFromJson = tensorCodec((data) => data.map((value) => value ?? Number.NaN));

function tensorCodec(elementsOf: (data: readonly unknown[]) => readonly unknown[]): t.Type<TensorData, TensorJson> {
  return new t.Type(
    'Tensor',
    (value): value is TensorData => value instanceof TensorData,
    (value, context) => {
      const wire = isRecord(value) ? value : {};
      const { data, dtype } = wire;
      if (!Array.isArray(data) || (dtype !== 'float32' && dtype !== 'int64')) {
        return t.failure(value, context, 'expected a tensor with data and a dtype of float32 or int64');
      }
      if ((wire['sparse_crow_indices'] ?? wire['sparse_col_indices'] ?? null) !== null) {
        return t.failure(value, context, 'expected a dense tensor; sparse ones are not taken in JSON');
      }
      const shape = wire['shape'] ?? undefined;
      if (shape !== undefined && !t.array(t.number).is(shape)) {
        return t.failure(value, context, 'expected a shape of whole numbers');
      }
      const made = E.tryCatch(() => tensorOf(elementsOf(data), dtype, shape), (thrown) => toTinkerError(thrown));
      return E.isLeft(made) ? t.failure(value, context, made.left.message) : made;
    },
    (tensor) => ({ data: tensor.toNumbers(), dtype: tensor.dtype, shape: tensor.shape }),
  );
}

function tensorOf(data: readonly unknown[], dtype: TensorDtype, shape: readonly number[] | undefined): TensorData {
  const tensor = toTensorData(data, dtype, 'data');
  return shape === undefined ? tensor : new TensorData(tensor.data, shape);
}
