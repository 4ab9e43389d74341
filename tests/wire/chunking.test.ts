import { describe, expect, it } from '@jest/globals';
import { dmelChunk, imageAssetPointer, imageChunk } from '../../src/types/chunks.js';
import { ModelInput, type EncodableDatum } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { estimateBytes, estimatePromptBytes, splitIntoChunks } from '../../src/wire/chunking.js';

/** A datum that is estimated at this many bytes, a multiple of four. */
function datumOf(bytes: number): EncodableDatum {
  return { modelInput: ModelInput.fromInts(new Int32Array(bytes / 4)), lossFnInputs: {} };
}

function sizesOf(sizes: readonly number[], limits: { length: number; bytes: number }): readonly (readonly number[])[] {
  return splitIntoChunks(sizes.map(datumOf), limits).map(({ data }) => data.map(estimateBytes));
}

const unlimited = 1_000_000;

describe('estimateBytes', () => {
  it('counts 4 bytes a token, 4 a float32, 8 an int64', () => {
    const modelInput = ModelInput.fromInts([1, 2, 3]).appendInt(4);
    const estimate = (lossFnInputs: EncodableDatum['lossFnInputs']) => estimateBytes({ modelInput, lossFnInputs });
    expect(estimate({})).toBe(16);
    expect(estimate({ weights: new TensorData(new Float32Array(5)) })).toBe(16 + 20);
    expect(estimate({ target_tokens: new TensorData(new Int32Array(5)) })).toBe(16 + 40);
    expect(estimate({ target_tokens: new TensorData(new BigInt64Array(5)) })).toBe(16 + 40);
    expect(estimate({ target_tokens: new TensorData(new Int32Array(6), [2, 3]), weights: new TensorData(new Float32Array(6), [2, 3]) })).toBe(16 + 48 + 24);
  });

  it('counts an empty datum as nothing', () => {
    expect(estimateBytes(datumOf(0))).toBe(0);
  });

  const mixed = ModelInput.fromInts([1, 2])
    .append(imageChunk({ data: new Uint8Array(100), format: 'png' }))
    .append(dmelChunk(Uint8Array.of(4, 1, 5, 0, 0, 0, 0)))
    .append(imageAssetPointer({ location: 'asset-1', format: 'png' }));

  it('counts the bytes of images and audio, and the letters of where an image is', () => {
    expect(estimateBytes({ modelInput: mixed, lossFnInputs: {} })).toBe(2 * 4 + 100 + 7 + 7);
  });

  it('counts 10 bytes a token of a prompt', () => {
    expect(estimatePromptBytes(mixed)).toBe(2 * 10 + 100 + 7 + 7);
  });

  it('counts what a sparse tensor stores, and 8 bytes for each row pointer and column', () => {
    const weights = TensorData.sparse({ values: Float32Array.of(1, 2), crowIndices: [0, 1, 1, 2], colIndices: [1, 3], shape: [3, 4] });
    expect(estimateBytes({ modelInput: ModelInput.empty(), lossFnInputs: { weights } })).toBe(2 * 4 + 4 * 8 + 2 * 8);
    const targets = new TensorData(Int32Array.of(0, 7, 0, 0), [2, 2]).toSparse();
    expect(estimateBytes({ modelInput: ModelInput.empty(), lossFnInputs: { targets } })).toBe(8 + 3 * 8 + 8);
  });
});

describe('splitIntoChunks', () => {
  it('makes one chunk of what fits, with its estimate, and none of nothing', () => {
    const data = [datumOf(8), datumOf(12)];
    expect(splitIntoChunks(data, { length: 1024, bytes: 5_000_000 })).toEqual([{ data, bytes: 20 }]);
    expect(splitIntoChunks([], { length: 1024, bytes: 5_000_000 })).toEqual([]);
  });

  it('starts a chunk where a datum would exceed the bytes, not where it fills them', () => {
    expect(sizesOf([40, 40, 20], { length: unlimited, bytes: 100 })).toEqual([[40, 40, 20]]);
    expect(sizesOf([40, 40, 20], { length: unlimited, bytes: 99 })).toEqual([[40, 40], [20]]);
    expect(sizesOf([40, 40, 20], { length: unlimited, bytes: 80 })).toEqual([[40, 40], [20]]);
    expect(sizesOf([40, 40, 20], { length: unlimited, bytes: 79 })).toEqual([[40], [40, 20]]);
  });

  it('starts a chunk where the last one holds as many datums as it may', () => {
    expect(sizesOf([4, 4, 4, 4, 4], { length: 2, bytes: unlimited })).toEqual([[4, 4], [4, 4], [4]]);
    expect(sizesOf([4, 4, 4, 4], { length: 4, bytes: unlimited })).toEqual([[4, 4, 4, 4]]);
    expect(sizesOf(new Array<number>(1025).fill(0), { length: 1024, bytes: unlimited }).map(({ length }) => length)).toEqual([1024, 1]);
  });

  it('sends a datum above the limit alone, first, last or in between, and never an empty chunk', () => {
    expect(sizesOf([120], { length: 10, bytes: 100 })).toEqual([[120]]);
    expect(sizesOf([120, 4], { length: 10, bytes: 100 })).toEqual([[120], [4]]);
    expect(sizesOf([4, 120, 4], { length: 10, bytes: 100 })).toEqual([[4], [120], [4]]);
    expect(sizesOf([4, 120], { length: 10, bytes: 100 })).toEqual([[4], [120]]);
  });

  it('sends every datum alone under limits that hold nothing', () => {
    expect(sizesOf([4, 4], { length: 0, bytes: unlimited })).toEqual([[4], [4]]);
    expect(sizesOf([4, 4], { length: unlimited, bytes: 0 })).toEqual([[4], [4]]);
    expect(sizesOf([4, 4], { length: unlimited, bytes: -1 })).toEqual([[4], [4]]);
  });

  it('keeps order and limits, and wastes no room, at every limit', () => {
    const sizes = [20, 4, 36, 0, 12, 12, 48, 4, 8, 16];
    const data = sizes.map(datumOf);
    for (let bytes = 0; bytes <= 170; bytes += 1) {
      for (const length of [1, 2, 3, 10]) {
        const chunks = splitIntoChunks(data, { length, bytes });
        expect(chunks.flatMap((chunk) => chunk.data)).toEqual(data);
        chunks.forEach((chunk, index) => {
          const held = chunk.data.reduce((sum, datum) => sum + estimateBytes(datum), 0);
          expect(chunk.bytes).toBe(held);
          expect(chunk.data.length >= 1 && chunk.data.length <= length && (held <= bytes || chunk.data.length === 1)).toBe(true);
          const [next] = chunks[index + 1]?.data ?? [];
          expect(next === undefined || chunk.data.length === length || held + estimateBytes(next) > bytes).toBe(true);
        });
      }
    }
  });
});
