import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput, parseCheckpointPath, TensorData } from '../../src/index.js';
import { splitIntoChunks } from '../../src/wire/chunking.js';
import { toEncodable } from '../../src/types/data.js';

describe('types', () => {
  it('ModelInput.from_ints', () => {
    expect(ModelInput.fromInts([1, 2, 3]).chunks).toEqual([{ type: 'encoded_text', tokens: Int32Array.of(1, 2, 3) }]);
  });

  it('ModelInput.empty', () => {
    expect(ModelInput.empty().chunks).toEqual([]);
  });

  it('ModelInput.append_int', () => {
    const before = ModelInput.fromInts([1]);
    expect(before.appendInt(2).chunks).toHaveLength(2);
    expect(before.chunks).toHaveLength(1);
  });

  it('ModelInput.append', () => {
    const [chunk] = ModelInput.fromInts([2, 3]).chunks;
    expect(chunk === undefined ? [] : ModelInput.fromInts([1]).append(chunk).toInts()).toEqual([1, 2, 3]);
  });

  it('ModelInput.to_ints', () => {
    expect(ModelInput.fromInts([1]).appendInt(2).toInts()).toEqual([1, 2]);
    const withImage = new ModelInput([{ type: 'image', data: Uint8Array.of(1), format: 'png', expectedTokens: 2 }]);
    expect(() => withImage.toInts()).toThrow(/text/);
  });

  it('ModelInput.length', () => {
    expect(ModelInput.fromInts([1]).append({ type: 'image', data: Uint8Array.of(1), format: 'png', expectedTokens: 5 }).length).toBe(6);
  });

  it('EncodedTextChunk', () => {
    expect(new ModelInput([{ type: 'encoded_text', tokens: Int32Array.of(1) }]).length).toBe(1);
  });

  it('ImageChunk: without expected tokens it has no length', () => {
    expect(() => new ModelInput([{ type: 'image', data: Uint8Array.of(1), format: 'jpeg' }]).length).toThrow(/expectedTokens/);
  });

  it('ImageAssetPointerChunk: not for training', () => {
    const modelInput = new ModelInput([{ type: 'image_asset_pointer', format: 'png', location: 'asset://1', expectedTokens: 3 }]);
    expect(modelInput.length).toBe(3);
    expect(() => toEncodable([{ modelInput, lossFnInputs: {} }])).toThrow(/image_asset_pointer|asset pointer/);
  });

  it('DmelChunk: its length stands in its header', () => {
    // uint8, two dimensions, 300 × 2.
    const dmel = Uint8Array.of(4, 2, 0xac, 0x02, 2, 9, 9);
    expect(new ModelInput([{ type: 'dmel', dmel }]).length).toBe(300);
  });

  it('TensorData', () => {
    const tensor = TensorData.from([[1, 2], [3, 4]], 'int64');
    expect([tensor.dtype, tensor.shape, tensor.size]).toEqual(['int64', [2, 2], 4]);
    expect(() => TensorData.from([[1], [2, 3]], 'int64')).toThrow(/rectangular/);
  });

  it('TensorData.data', () => {
    expect(TensorData.from([1.5], 'float32').data).toEqual(Float32Array.of(1.5));
    expect(TensorData.from([1.5], 'float32').toNumbers()).toEqual([1.5]);
  });

  it('TensorData.tolist', () => {
    expect(TensorData.from([[1, 2], [3, 4]], 'float32').toList()).toEqual([[1, 2], [3, 4]]);
  });

  it('TensorData.from_torch_sparse', () => {
    const dense = TensorData.from([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]], 'float32');
    expect(dense.toSparse().toDense().toList()).toEqual(dense.toList());
  });

  it('Datum: plain lists take the dtype of their name', () => {
    const [datum] = toEncodable([{ modelInput: ModelInput.fromInts([1, 2]), lossFnInputs: { target_tokens: [2, 3], weights: [0, 1] } }]);
    expect([datum?.lossFnInputs['target_tokens']?.dtype, datum?.lossFnInputs['weights']?.dtype]).toEqual(['int64', 'float32']);
    expect(splitIntoChunks(datum === undefined ? [] : [datum], { length: 1, bytes: 1 })).toHaveLength(1);
  });

  it('ParsedCheckpointTinkerPath', () => {
    expect(parseCheckpointPath('tinker://run/sampler_weights/name')).toEqual(
      E.right({
        path: 'tinker://run/sampler_weights/name',
        trainingRunId: 'run',
        checkpointType: 'sampler',
        checkpointId: 'sampler_weights/name',
        name: 'name',
      }),
    );
  });
});
