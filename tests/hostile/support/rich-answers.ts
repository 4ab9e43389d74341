import { TensorData } from '../../../src/types/tensor.js';
import { encodePassOutput } from '../../../src/wire/pass-output-writer.js';
import { encodeSampleResponse } from '../../../src/wire/sample-writer.js';

const tensor = (...values: number[]): TensorData => new TensorData(Float32Array.from(values));

/** Results in protobuf that hold all that a result can hold. */
export const richAnswers: readonly Buffer[] = [
  encodePassOutput({
    lossFnOutputType: 'pkg:ArrayRecord',
    lossFnOutputs: [
      { logprobs: tensor(-0.5, -1), ids: new TensorData(Int32Array.of(1, 2, 3)) },
      { logprobs: tensor(-0.25), ids: new TensorData(BigInt64Array.of(2n ** 60n)) },
      { logprobs: new TensorData(Float32Array.of(1, 2, 3, 4), [2, 2]), ids: new TensorData(new Int32Array(0)) },
    ],
    metrics: { 'loss:sum': 1.5, 'tokens:mean': 3, __proto__: 4 },
  }),
  encodePassOutput({ lossFnOutputType: 'scalar', lossFnOutputs: [], metrics: {} }),
  encodeSampleResponse({
    sequences: [
      { stopReason: 'length', tokens: Int32Array.of(7, -1), logprobs: Float32Array.of(-0.5, -1.25) },
      { stopReason: 'stop', tokens: Int32Array.of(9) },
    ],
    promptLogprobs: [null, -0.25],
    topkPromptLogprobs: [null, [{ token: 11, logprob: -0.1 }, { token: 12, logprob: -3 }]],
    promptCacheHitTokens: 3,
  }),
].map((bytes) => Buffer.from(bytes));
