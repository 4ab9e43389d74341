import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { TensorData } from '../../src/types/tensor.js';
import { packInt64 } from '../../src/wire/packed.js';
import { decodePassOutput } from '../../src/wire/pass-output-proto.js';
import { encodePassOutput } from '../../src/wire/pass-output-writer.js';
import { decodePassResult } from '../../src/wire/pass-result.js';
import { ForwardBackwardOutputSchema, type ArrayRecordSchema } from '../../src/wire/proto/tinker_public_pb.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';
import { fromHex } from '../support/hex.js';

type RecordInit = MessageInitShape<typeof ArrayRecordSchema>;

/** A result as a server writes it. */
function written(lossFnOutputs: RecordInit[], lossFnOutputType = ''): Uint8Array<ArrayBuffer> {
  return toBinary(ForwardBackwardOutputSchema, create(ForwardBackwardOutputSchema, { lossFnOutputs, lossFnOutputType }));
}

const offsets = (...ends: number[]) => packInt64(Int32Array.of(...ends));
const two = fromHex('000000bf 0000803f');

describe('the type of the outputs', () => {
  it.each([
    ['pkg.mod:TorchLossReturn', 'TorchLossReturn'],
    ['a:b:c', 'c'],
    ['scalar', 'scalar'],
    ['x:', ''],
    ['', ''],
  ])('of records, %p, is what stands after the last colon', (said, type) => {
    expect(rightOf(decodePassOutput(written([{ numDatums: 1n }], said))).lossFnOutputType).toBe(type);
  });

  it.each([['pkg:X', 'pkg:X'], ['', 'ArrayRecord']])('of no records, %p, is as it is', (said, type) => {
    expect(rightOf(decodePassOutput(written([], said)))).toEqual({ lossFnOutputType: type, lossFnOutputs: [], metrics: {} });
  });
});

describe('the outputs', () => {
  const outputs = (...records: RecordInit[]) => rightOf(decodePassOutput(written(records))).lossFnOutputs;

  it('are as many as the records say, whatever their fields hold', () => {
    expect(outputs({ numDatums: 2n }, { numDatums: 1n })).toEqual([{}, {}, {}]);
    expect(outputs({ numDatums: 1n, fields: { l: { data: two, offsets: offsets(0, 4, 8), dtype: 1 } } })).toEqual([{ l: new TensorData(Float32Array.of(-0.5)) }]);
  });

  it('are as many as the first field has slices where the records say nothing', () => {
    expect(outputs({ fields: { l: { data: two, offsets: offsets(0, 4, 8), dtype: 1 } } })).toHaveLength(2);
    expect(outputs({})).toEqual([]);
  });

  it('follow each other from record to record, each of its own dtype and trailing shape', () => {
    const first: RecordInit = { numDatums: 1n, fields: { l: { data: two, offsets: offsets(0, 8), dtype: 1, trailingShape: [2n] } } };
    const second: RecordInit = { numDatums: 2n, fields: { l: { data: fromHex('00c0'), offsets: offsets(0, 0, 2), dtype: 4 } } };
    expect(outputs(first, second)).toEqual([
      { l: new TensorData(Float32Array.of(-0.5, 1), [1, 2]) },
      { l: new TensorData(new Float32Array(0)) },
      { l: new TensorData(Float32Array.of(-2)) },
    ]);
  });

  it('begin where the first offset says', () => {
    expect(outputs({ numDatums: 1n, fields: { l: { data: two, offsets: offsets(4, 8), dtype: 1 } } })).toEqual([{ l: new TensorData(Float32Array.of(1)) }]);
  });

  it('have no rows where the trailing shape leaves no room', () => {
    const empty: RecordInit = { numDatums: 1n, fields: { l: { offsets: offsets(0, 0), dtype: 1, trailingShape: [0n, 3n] } } };
    expect(outputs(empty)).toEqual([{ l: new TensorData(new Float32Array(0), [0, 0, 3]) }]);
  });
});

describe('a result that is none', () => {
  const field = (l: object, numDatums = 1n) => written([{ numDatums, fields: { l } }]);

  it.each([
    ['fewer slices than datums', field({ data: two, offsets: offsets(0, 8), dtype: 1 }, 2n), 'field l has values for 1 datums only'],
    ['no slices', field({ data: two, dtype: 1 }), 'field l has values for 0 datums only'],
    ['offsets beyond the data', field({ data: two, offsets: offsets(0, 12), dtype: 1 }), 'field l: its offsets do not fit its 8 bytes'],
    ['offsets that go back', field({ data: two, offsets: offsets(0, 8, 4), dtype: 1 }, 2n), 'field l: its offsets do not fit its 8 bytes'],
    ['offsets before the data', field({ data: two, offsets: offsets(-4, 4), dtype: 1 }), 'field l: its offsets do not fit its 8 bytes'],
    ['offsets within an element', field({ data: two, offsets: offsets(0, 2), dtype: 1 }), '2 bytes are not a whole number of float32 elements'],
    ['more datums without fields than memory has room for', written([{ numDatums: 4_000_000_000n }]), '4000000000 datums are announced, and there are values for 0'],
    ['an unknown dtype', field({ data: two, offsets: offsets(0, 8), dtype: 9 }), 'dtype 9 is none of the protocol'],
    ['rows that are not whole', field({ data: two, offsets: offsets(0, 8), dtype: 1, trailingShape: [4n] }), 'shape: got [0.5, 4], expected whole sizes whose product is the 2 elements given'],
  ])('is refused for %s', (_, bytes, why) => {
    expect(factsOf(leftOf(decodePassOutput(bytes)))).toEqual({
      kind: 'malformedResponse',
      message: `The server's answer is not a valid ForwardBackwardOutput: ${why}`,
      retriable: false,
    });
  });
});

describe('writing a result', () => {
  it('puts datums alike into one record', () => {
    const outputs = [1, 2, 3].map((value) => ({ logprobs: new TensorData(new Float32Array(value).fill(value)) }));
    const { lossFnOutputs } = fromBinary(ForwardBackwardOutputSchema, encodePassOutput({ lossFnOutputType: 'ArrayRecord', lossFnOutputs: outputs, metrics: {} }));
    expect(lossFnOutputs.map(({ numDatums }) => numDatums)).toEqual([3n]);
  });

  it('begins a record where dtype or trailing shape change, and writes nothing for what a datum lacks', () => {
    const a = new TensorData(Float32Array.of(1, 2), [1, 2]);
    const b = new TensorData(Int32Array.of(1), [1]);
    const lossFnOutputs = [{ a }, { a, b }, { a: b }, {}];
    const bytes = encodePassOutput({ lossFnOutputType: 'ArrayRecord', lossFnOutputs, metrics: { 'n:sum': 4 } });
    expect(fromBinary(ForwardBackwardOutputSchema, bytes).lossFnOutputs.map(({ numDatums }) => numDatums)).toEqual([2n, 2n]);
    const nothing = new TensorData(new Float32Array(0));
    expect(rightOf(decodePassResult(bytes))).toEqual({
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [
        { a, b: new TensorData(new Int32Array(0)) },
        { a, b },
        { a: b, b: nothing },
        { a: new TensorData(new Int32Array(0)), b: nothing },
      ],
      metrics: { 'n:sum': 4 },
    });
  });

  it('writes sparse tensors and scalars as rows', () => {
    const sparse = new TensorData(Float32Array.of(0, 1), [1, 2]).toSparse();
    const lossFnOutputs = [{ sparse, loss: new TensorData(Float32Array.of(0.5), []) }];
    expect(rightOf(decodePassOutput(encodePassOutput({ lossFnOutputType: '', lossFnOutputs, metrics: {} }))).lossFnOutputs).toEqual([
      { sparse: sparse.toDense(), loss: new TensorData(Float32Array.of(0.5)) },
    ]);
  });
});
