import { describe, expect, it } from '@jest/globals';
import { decodeSafetensors, encodeSafetensors } from '../../../src/server/checkpoints/safetensors.js';

/** A file with this header text and these data bytes. */
function file(header: string, data: number[] = []): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.from(data)]);
}

describe('encodeSafetensors', () => {
  it('lays out header length, header padded to eight bytes, and little-endian values', () => {
    const pieces = encodeSafetensors([{ name: 'x', shape: [1, 2], values: Float32Array.of(1, -2) }], { format: 'pt' });
    const header = '{"__metadata__":{"format":"pt"},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
    expect(Buffer.concat(pieces)).toEqual(file(header.padEnd(Math.ceil(header.length / 8) * 8), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
  });
});

describe('decodeSafetensors', () => {
  it('reads what was written, in order', () => {
    const tensors = [
      { name: 'b', shape: [2], values: Float32Array.of(1.5, Number.MIN_VALUE) },
      { name: 'a', shape: [0, 3], values: new Float32Array() },
      { name: '__proto', shape: [1, 1, 1], values: Float32Array.of(-0) },
    ];
    const { metadata, tensors: read } = decodeSafetensors(Buffer.concat(encodeSafetensors(tensors, { step: '3' })));
    expect(metadata).toEqual({ step: '3' });
    expect([...read.values()]).toEqual(tensors);
  });

  it.each([
    ['a file shorter than its header length', Buffer.alloc(7), 'the header is longer than the file'],
    ['a header longer than the file', file('{}').subarray(0, 9), 'the header is longer than the file'],
    ['a header that is not an object', file('3'), 'the header is not an object'],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}'), 'the metadata is not a map of strings'],
    ['another number type', file('{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', [0, 0]), 'the entry of tensor x is not that of a float32 tensor'],
    ['offsets that do not fit the shape', file('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', [0, 0, 0, 0]), 'tensor x does not fit its shape or the file'],
    ['offsets beyond the end', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', [0, 0, 0, 0]), 'tensor x does not fit its shape or the file'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
