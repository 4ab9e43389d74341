import { describe, expect, it } from '@jest/globals';
import { pack, packInt64, unpackBfloat16, unpackFloat32, unpackInt32, unpackInt64 } from '../../src/wire/packed.js';
import { fromHex, toHex } from '../support/hex.js';

/** Elements as a big-endian machine keeps them, in a typed array of this one. */
function mirrored<A extends Int32Array | Float32Array | BigInt64Array>(values: A): A {
  const bytes = new Uint8Array(values.buffer);
  for (let at = 0; at < bytes.length; at += values.BYTES_PER_ELEMENT) bytes.subarray(at, at + values.BYTES_PER_ELEMENT).reverse();
  return values;
}

describe('packed arrays', () => {
  it('are little-endian, whatever the machine', () => {
    const expected = '01000000feffffff';
    expect(toHex(pack(Int32Array.of(1, -2)))).toBe(expected);
    expect(toHex(pack(mirrored(Int32Array.of(1, -2)), 'BE'))).toBe(expected);
    expect(toHex(pack(Float32Array.of(-0.5)))).toBe('000000bf');
    expect(toHex(pack(BigInt64Array.of(-2n)))).toBe('feffffffffffffff');
    expect(toHex(pack(mirrored(BigInt64Array.of(-2n)), 'BE'))).toBe('feffffffffffffff');
  });

  it('widen to int64 keeping the sign', () => {
    const expected = '0100000000000000feffffffffffffff00000080ffffffff';
    expect(toHex(packInt64(Int32Array.of(1, -2, -2147483648)))).toBe(expected);
    expect(toHex(packInt64(BigInt64Array.of(1n, -2n, -2147483648n)))).toBe(expected);
  });

  it('are read where they lie when they lie well, else copied', () => {
    const bytes = fromHex('ffff0000 0100 0000 feff ffff');
    const aligned = unpackInt32(bytes.subarray(4));
    expect(aligned).toEqual(Int32Array.of(1, -2));
    expect(aligned.buffer).toBe(bytes.buffer);
    const crooked = unpackInt32(fromHex('00 01000000 feffffff').subarray(1));
    expect(crooked).toEqual(Int32Array.of(1, -2));
    expect(pack(aligned).buffer).toBe(bytes.buffer);
  });

  it('come back on a machine of the other order', () => {
    expect(unpackInt32(fromHex('01000000'), 'BE')).toEqual(mirrored(Int32Array.of(1)));
    expect(unpackFloat32(fromHex('000000bf'), 'BE')).toEqual(mirrored(Float32Array.of(-0.5)));
  });

  it('of int64 are 32 bits where all fit, else 64', () => {
    expect(unpackInt64(packInt64(Int32Array.of(2147483647, -2147483648, 0)))).toEqual(Int32Array.of(2147483647, -2147483648, 0));
    for (const wide of [2147483648n, -2147483649n, 2n ** 63n - 1n]) {
      expect(unpackInt64(pack(BigInt64Array.of(1n, wide)))).toEqual(BigInt64Array.of(1n, wide));
    }
    expect(unpackInt64(fromHex('00 0200000000000000').subarray(1))).toEqual(Int32Array.of(2));
  });

  it('of bfloat16 widen to float32 exactly', () => {
    expect(unpackBfloat16(fromHex('00bf c03f 00c0 807f c07f'))).toEqual(Float32Array.of(-0.5, 1.5, -2, Infinity, Number.NaN));
    expect(unpackBfloat16(fromHex('00 00bf').subarray(1))).toEqual(Float32Array.of(-0.5));
  });

  it.each([
    [unpackInt32, 'int32', 4, 5],
    [unpackFloat32, 'float32', 4, 3],
    [unpackInt64, 'int64', 8, 12],
    [unpackBfloat16, 'bfloat16', 2, 1],
  ] as const)('are whole elements', (unpack, type, width, length) => {
    expect(() => unpack(new Uint8Array(length))).toThrow(`${length} bytes are not a whole number of ${type} elements`);
    expect(unpack(new Uint8Array(width)).length).toBe(1);
    expect(unpack(new Uint8Array(0)).length).toBe(0);
  });
});
