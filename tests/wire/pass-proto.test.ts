import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { decodePassOutput } from '../../src/wire/pass-output-proto.js';
import { encodePassOutput } from '../../src/wire/pass-output-writer.js';
import { encodePassRequest, writePassRequest } from '../../src/wire/pass-proto.js';
import { decodePassRequest } from '../../src/wire/pass-request-proto.js';
import { fromHex, toHex } from '../support/hex.js';
import { rightOf } from '../support/codec.js';

const datum = {
  modelInput: ModelInput.fromInts([1, 2, 3]),
  lossFnInputs: { target_tokens: new TensorData(Int32Array.of(2, 3, 4)) },
};
const pass: Pass = { data: [datum], lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };

const forwardBackward = `
  0a016d 1001
  1a44 0a10 0a0e 0a0c 010000000200000003000000
       1230 0a0d 7461726765745f746f6b656e73
            121f 0a18 020000000000000003000000000000000400000000000000 1802 220103
  220d 63726f73735f656e74726f7079`;

const forwardWithConfig = `
  0a016d 10ac02
  1a44 0a10 0a0e 0a0c 010000000200000003000000
       1230 0a0d 7461726765745f746f6b656e73
            121f 0a18 020000000000000003000000000000000400000000000000 1802 220103
  2203 70706f
  2a1d 0a12 636c69705f6c6f775f7468726573686f6c64 11 cdccccccccccec3f
  3001`;

const sparseWeights = `
  0a016d 1001
  1a65 0a10 0a0e 0a0c 010000000200000003000000
       1251 0a07 77656967687473
            1246 123e 0a08 0000803f00000040
                      1220 0000000000000000010000000000000001000000000000000200000000000000
                      1a10 01000000000000000300000000000000
                 1801 22020304
  220d 63726f73735f656e74726f7079`;

const sparsePass: Pass = {
  ...pass,
  data: [
    {
      modelInput: datum.modelInput,
      lossFnInputs: {
        weights: TensorData.sparse({ values: Float32Array.of(1, 2), crowIndices: [0, 1, 1, 2], colIndices: [1, 3], shape: [3, 4] }),
      },
    },
  ],
};

const bfloat16Output = `
  0a17 706b672e6d6f643a546f7263684c6f737352657475726e
  1234 1230 0a08 6c6f6770726f6273
            1224 0a06 00bfc03f00c0 1218 000000000000000004000000000000000600000000000000 1804
       1802
  1a13 0a08 6c6f73733a73756d 11 000000000000f83f`;

const int32Output = `
  1237 0a0178 1230 0a03 696473
       1229 0a10 01000000020000000300000004000000 1210 00000000000000001000000000000000 1803 220102
       1801`;

describe('a pass in protobuf', () => {
  it.each([
    ['A.1, a pass', forwardBackward, { pass, modelId: 'm', seqId: 1 }],
    [
      'A.2, a forward pass with settings',
      forwardWithConfig,
      { pass: { ...pass, lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9 }, forwardOnly: true }, modelId: 'm', seqId: 300 },
    ],
    ['A.3, sparse weights', sparseWeights, { pass: sparsePass, modelId: 'm', seqId: 1 }],
  ])('is written and read byte for byte as in Appendix %s', (_, hex, received) => {
    expect(toHex(encodePassRequest(received.pass, received.modelId, received.seqId))).toBe(toHex(fromHex(hex)));
    expect(rightOf(decodePassRequest(fromHex(hex)))).toEqual(received);
  });
});

describe('a pass of many datums in protobuf', () => {
  it('is written in steps of 128 of them, and is the same', () => {
    const many = { ...pass, data: Array.from({ length: 1000 }, () => datum) };
    const steps = writePassRequest(many, 'm', 1);
    let count = 1;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count += 1;
    expect(count).toBe(1 + Math.floor(1000 / 128));
    expect(rightOf(decodePassRequest(step.value)).pass.data).toHaveLength(1000);
    expect(toHex(step.value)).toBe(toHex(encodePassRequest(many, 'm', 1)));
  });
});

describe('a result in protobuf', () => {
  it('is read as in Appendix A.5, bfloat16 widened', () => {
    expect(rightOf(decodePassOutput(fromHex(bfloat16Output)))).toEqual({
      lossFnOutputType: 'TorchLossReturn',
      lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(-0.5, 1.5)) }, { logprobs: new TensorData(Float32Array.of(-2)) }],
      metrics: { 'loss:sum': 1.5 },
    });
  });

  it('is read as in Appendix A.6, int32 widened', () => {
    expect(rightOf(decodePassOutput(fromHex(int32Output)))).toEqual({
      lossFnOutputType: '',
      lossFnOutputs: [{ ids: new TensorData(Int32Array.of(1, 2, 3, 4), [2, 2]) }],
      metrics: {},
    });
  });

  it('comes back from what is written of it', () => {
    const output = {
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [
        { logprobs: new TensorData(Float32Array.of(-0.5, 1.5)), ids: new TensorData(Int32Array.of(1, 2), [1, 2]) },
        { logprobs: new TensorData(Float32Array.of(Number.NaN)), ids: new TensorData(BigInt64Array.of(2n ** 60n, 1n), [1, 2]) },
        { logprobs: new TensorData(new Float32Array(0)), ids: new TensorData(Int32Array.of(3, 4, 5), [1, 3]) },
      ],
      metrics: { 'loss:sum': 1.5 },
    };
    expect(rightOf(decodePassOutput(encodePassOutput(output)))).toEqual(output);
  });
});
