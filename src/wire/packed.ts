import { endianness } from 'node:os';

/** Order of bytes of a machine, as `os.endianness` names it. */
type ByteOrder = 'LE' | 'BE';

/** Element types of the packed arrays inside protobuf messages (wire protocol §5.6). */
type PackedType = 'int32' | 'int64' | 'float32' | 'bfloat16';

/** Bytes per element. */
const widths: Readonly<Record<PackedType, number>> = { int32: 4, int64: 8, float32: 4, bfloat16: 2 };

/**
 * The elements as little-endian bytes (wire protocol §5.6). Where this machine keeps them so already,
 * that is a view, not a copy.
 */
export function pack(values: Int32Array | Float32Array | Float64Array | BigInt64Array, host: ByteOrder = endianness()): Uint8Array {
  return inWireOrder(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), values.BYTES_PER_ELEMENT, host);
}

/** Whole numbers as packed int64. */
export function packInt64(values: Int32Array | BigInt64Array, host: ByteOrder = endianness()): Uint8Array {
  if (values instanceof BigInt64Array) return pack(values, host);
  // Half by half, the lower one first on any machine: several times as fast as by way of bigint.
  const halves = new Int32Array(values.length * 2);
  values.forEach((value, index) => {
    halves[2 * index] = value;
    halves[2 * index + 1] = value >> 31;
  });
  return pack(halves, host);
}

/** @throws Error when the bytes are not whole elements */
export function unpackInt32(bytes: Uint8Array, host: ByteOrder = endianness()): Int32Array {
  return new Int32Array(...elements(bytes, 'int32', host));
}

/** @throws Error when the bytes are not whole elements */
export function unpackFloat32(bytes: Uint8Array, host: ByteOrder = endianness()): Float32Array {
  return new Float32Array(...elements(bytes, 'float32', host));
}

/**
 * As an Int32Array where every number fits in one, which most do: those are plain numbers to work with.
 * @throws Error when the bytes are not whole elements
 */
export function unpackInt64(bytes: Uint8Array, host: ByteOrder = endianness()): Int32Array | BigInt64Array {
  const wide = new BigInt64Array(...elements(bytes, 'int64', host));
  const halves = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const narrow = new Int32Array(wide.length);
  for (let i = 0; i < narrow.length; i += 1) {
    const low = halves.getInt32(8 * i, true);
    if (halves.getInt32(8 * i + 4, true) !== low >> 31) return wide;
    narrow[i] = low;
  }
  return narrow;
}

/**
 * Widened to float32, which holds every bfloat16 exactly.
 * @throws Error when the bytes are not whole elements
 */
export function unpackBfloat16(bytes: Uint8Array, host: ByteOrder = endianness()): Float32Array {
  const halves = new Uint16Array(...elements(bytes, 'bfloat16', host));
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** What a typed array is made of: a view of the bytes where they lie on a multiple of the width, else a copy. */
function elements(bytes: Uint8Array, type: PackedType, host: ByteOrder): [ArrayBufferLike, number, number] {
  const width = widths[type];
  if (bytes.length % width !== 0) throw new Error(`${bytes.length} bytes are not a whole number of ${type} elements`);
  const { buffer, byteOffset, length } = aligned(inWireOrder(bytes, width, host), width);
  return [buffer, byteOffset, length / width];
}

/** The bytes where they are when that is a multiple of the width, else a copy. */
export function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
}

/** Between the order of this machine and that of the wire; the same step leads both ways. */
function inWireOrder(bytes: Uint8Array, width: number, host: ByteOrder): Uint8Array {
  if (host === 'LE') return bytes;
  const out = bytes.slice();
  for (let start = 0; start < out.length; start += width) out.subarray(start, start + width).reverse();
  return out;
}
