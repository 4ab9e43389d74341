import { TensorData, toSparseTensor } from '../types/tensor.js';
import type { TensorDtype, TensorValues } from '../types/tensor-values.js';
import { pack, packInt64, unpackBfloat16, unpackFloat32, unpackInt32, unpackInt64 } from './packed.js';
import type { Tensor } from './proto/tinker_public_pb.js';
import type { ProtoWriter } from './proto-writer.js';

/** Numbers of the element types on the wire (wire protocol §5.1). */
const dtypes = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const;

/** What the elements of a dtype are on the wire; int32 widens to int64 and bfloat16 to float32 (§5.6). */
interface WireDtype {
  readonly width: number;
  readonly unpack: (bytes: Uint8Array) => TensorValues;
}

const wireDtypes: ReadonlyMap<number, WireDtype> = new Map<number, WireDtype>([
  [dtypes.float32, { width: 4, unpack: (bytes) => unpackFloat32(bytes) }],
  [dtypes.int64, { width: 8, unpack: (bytes) => unpackInt64(bytes) }],
  [dtypes.int32, { width: 4, unpack: (bytes) => unpackInt32(bytes) }],
  [dtypes.bfloat16, { width: 2, unpack: (bytes) => unpackBfloat16(bytes) }],
]);

/** @throws Error when the protocol has no such element type */
export function wireDtype(dtype: number): WireDtype {
  const known = wireDtypes.get(dtype);
  if (known === undefined) throw new Error(`dtype ${dtype} is none of the protocol`);
  return known;
}

/** The number of a dtype on the wire. */
export function dtypeNumber(dtype: TensorDtype): number {
  return dtypes[dtype];
}

/** Elements in the dtype that they have on the wire. */
export function packValues(values: TensorValues): Uint8Array {
  return values instanceof Float32Array ? pack(values) : packInt64(values);
}

/** Writes a tensor of a request (§5.2). */
export function writeTensor(out: ProtoWriter, { data, dtype, shape, csr }: TensorData): void {
  if (csr === undefined) {
    // Even without elements it says that the tensor is dense.
    if (data.length === 0) out.message(1, () => undefined);
    writeValues(out, data);
  } else {
    out.message(2, () => {
      writeValues(out, data);
      out.int64s(2, csr.crow);
      out.int64s(3, csr.col);
    });
  }
  out.varint(3, dtypeNumber(dtype));
  out.varints(4, shape);
}

function writeValues(out: ProtoWriter, values: TensorValues): void {
  if (values instanceof Float32Array) out.bytes(1, pack(values));
  else out.int64s(1, values);
}

/**
 * A tensor of a request as it is used; without a shape it has one dimension (§5.6).
 * @throws Error when it is no tensor
 */
export function fromProtoTensor({ encoding, dtype, shape }: Tensor): TensorData {
  const { unpack } = wireDtype(dtype);
  const extents = shape.map(Number);
  switch (encoding.case) {
    case 'dense':
      return new TensorData(unpack(encoding.value), extents.length === 0 ? undefined : extents);
    case 'sparseCsr': {
      const { values, crowIndices, colIndices } = encoding.value;
      return toSparseTensor(unpack(values), extents, unpackInt64(crowIndices), unpackInt64(colIndices));
    }
    case undefined:
      throw new Error('a tensor without values');
  }
}
