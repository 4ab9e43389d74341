import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import { dmelChunk, imageChunk, type ModelInputChunk } from '../../src/types/chunks.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { pack, packInt64 } from '../../src/wire/packed.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { encodePassRequest } from '../../src/wire/pass-proto.js';
import { ForwardBackwardRequestSchema, type ChunkSchema, type TensorSchema } from '../../src/wire/proto/tinker_public_pb.js';
import { ProtoWriter } from '../../src/wire/proto-writer.js';
import { toHex } from '../support/hex.js';

function hexOf(write: (out: ProtoWriter) => void): string {
  const out = new ProtoWriter();
  write(out);
  return toHex(out.finish());
}

describe('a field', () => {
  it.each([
    ['of one byte', 127, '087f'],
    ['of two', 128, '088001'],
    ['of 32 bits', 2 ** 32 - 1, '08ffffffff0f'],
    ['of 53 bits', Number.MAX_SAFE_INTEGER, '08ffffffffffffff0f'],
    ['that is 0', 0, '0800'],
  ])('holds a whole number %s', (_, value, hex) => {
    expect(hexOf((out) => out.varint(1, value))).toBe(hex);
  });

  it('has a tag of two bytes from number 16 on', () => {
    expect(hexOf((out) => out.varint(16, 1))).toBe('800101');
  });

  it('is left out where it is empty, unless it is a message', () => {
    const empty = (out: ProtoWriter) => {
      out.bytes(1, new Uint8Array(0));
      out.text(2, '');
      out.varints(3, []);
      out.int64s(4, new Int32Array(0));
      out.int64s(5, new BigInt64Array(0));
    };
    expect(hexOf(empty)).toBe('');
    expect(hexOf((out) => out.message(1, () => empty(out)))).toBe('0a00');
  });

  it('holds a double, a text, packed numbers', () => {
    expect(hexOf((out) => out.double(2, 1.5))).toBe('11000000000000f83f');
    expect(hexOf((out) => out.text(1, 'ä'))).toBe('0a02c3a4');
    expect(hexOf((out) => out.varints(4, [2, 300]))).toBe('220302ac02');
  });

  it('holds int64 of numbers of either width', () => {
    const expected = '0a10feffffffffffffff0100000000000000';
    expect(hexOf((out) => out.int64s(1, Int32Array.of(-2, 1)))).toBe(expected);
    expect(hexOf((out) => out.int64s(1, BigInt64Array.of(-2n, 1n)))).toBe(expected);
  });

  it('holds messages within messages', () => {
    expect(hexOf((out) => out.message(1, () => {
      out.message(2, () => out.text(1, 'a'));
      out.varint(3, 1);
    }))).toBe('0a07 1203 0a0161 1801'.replaceAll(' ', ''));
  });
});

/** What a library makes of the same pass. */
function byLibrary({ data, lossFn, lossFnConfig = {}, forwardOnly }: Pass): Uint8Array {
  const request = create(ForwardBackwardRequestSchema, {
    modelId: 'run:train:0',
    seqId: 300,
    data: data.map(({ modelInput, lossFnInputs }) => ({
      modelInput: modelInput.chunks.map(libraryChunk),
      lossFnInputs: Object.fromEntries(Object.entries(lossFnInputs).map(([name, tensor]) => [name, libraryTensor(tensor)])),
    })),
    lossFn,
    lossFnConfig,
    forwardOnly,
  });
  return toBinary(ForwardBackwardRequestSchema, request);
}

function libraryChunk(chunk: ModelInputChunk): MessageInitShape<typeof ChunkSchema> {
  switch (chunk.type) {
    case 'encoded_text':
      return { chunk: { case: 'encodedText', value: { tokens: pack(chunk.tokens) } } };
    case 'image': {
      const { data, format, expectedTokens } = chunk;
      return { chunk: { case: 'image', value: { data, format, ...(expectedTokens === undefined ? {} : { expectedTokens }) } } };
    }
    case 'dmel':
      return { chunk: { case: 'dmel', value: { dmel: chunk.dmel } } };
    case 'image_asset_pointer':
      return {};
  }
}

function libraryTensor({ data, dtype, shape, csr }: TensorData): MessageInitShape<typeof TensorSchema> {
  const packed = data instanceof Float32Array ? pack(data) : packInt64(data);
  const common = { dtype: dtype === 'float32' ? 1 : 2, shape: shape.map(BigInt) };
  if (csr === undefined) return { encoding: { case: 'dense', value: packed }, ...common };
  const value = { values: packed, crowIndices: packInt64(csr.crow), colIndices: packInt64(csr.col) };
  return { encoding: { case: 'sparseCsr', value }, ...common };
}

const tokens = (count: number) => ModelInput.fromInts(Int32Array.from({ length: count }, (_, at) => (at * 7919) % 32_000));
const matrix = new TensorData(Float32Array.of(0, 1, 0, 2, 0, 0), [2, 3]);

describe('the body of a pass', () => {
  it.each<[string, Partial<Pass>]>([
    ['no datum', { data: [] }],
    ['datums long enough for lengths of three bytes', {
      data: [9000, 1, 40].map((count) => ({
        modelInput: tokens(count),
        lossFnInputs: { target_tokens: new TensorData(new Int32Array(count).fill(-1)), weights: new TensorData(new Float32Array(count).fill(0.5)) },
      })),
    }],
    ['chunks of all kinds', {
      data: [{
        modelInput: new ModelInput([
          ...tokens(3).chunks,
          ...ModelInput.fromInts([]).chunks,
          imageChunk({ data: Uint8Array.of(1, 2, 3), format: 'png', expectedTokens: 0 }),
          imageChunk({ data: new Uint8Array(0), format: 'jpeg', expectedTokens: 2 ** 31 - 1 }),
          imageChunk({ data: new Uint8Array(300), format: 'jpeg' }),
          dmelChunk(Uint8Array.of(4, 1, 5)),
        ]),
        lossFnInputs: {},
      }],
    }],
    ['tensors of all kinds', {
      data: [{
        modelInput: tokens(2),
        lossFnInputs: {
          empty: new TensorData(new Float32Array(0), [2, 0]),
          nothing: new TensorData(new Int32Array(0)),
          scalar: new TensorData(Float32Array.of(Number.NaN), []),
          wide: new TensorData(BigInt64Array.of(2n ** 63n - 1n, -1n), [1, 2, 1]),
          matrix,
          sparse: matrix.toSparse(),
          zeros: new TensorData(new Int32Array(6), [2, 3]).toSparse(),
          'ünïcode': new TensorData(Float32Array.of(1)),
        },
      }],
    }],
    ['settings', { lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9, zero: 0, 'ä': -1e300 }, forwardOnly: true }],
    ['a loss without a name', { lossFn: '' }],
  ])('is what a library writes: %s', (_, special) => {
    const data = [{ modelInput: tokens(5), lossFnInputs: { target_tokens: new TensorData(Int32Array.of(1, 2, 3, 4, 5)) } }];
    const pass: Pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false, ...special };
    expect(toHex(encodePassRequest(pass, 'run:train:0', 300))).toBe(toHex(byLibrary(pass)));
  });
});

describe('a message of many megabytes', () => {
  it('is moved in steps of about a megabyte, and is the same', () => {
    const values = Int32Array.from({ length: 1_000_000 }, (_, at) => at - 500_000);
    const bytes = new Uint8Array(3_000_000).fill(7);
    const out = new ProtoWriter();
    out.int64s(1, values);
    out.bytes(2, bytes);
    const steps = out.finishing();
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count += 1;
    expect(count).toBeGreaterThan(8);
    const wide = new BigInt64Array(values.length).map((_, at) => BigInt(at - 500_000));
    const byLibrary = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(new Uint8Array(wide.buffer)).tag(2, WireType.LengthDelimited).bytes(bytes).finish();
    expect(Buffer.compare(step.value, byLibrary)).toBe(0);
  });
});
