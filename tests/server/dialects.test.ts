import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import type { Pass, PassDialect } from '../../src/wire/pass-body.js';
import { passDialects } from '../../src/wire/pass-dialects.js';
import { protobufType } from '../../src/wire/pass-proto.js';
import { decodePassResult } from '../../src/wire/pass-result.js';
import { compressZstd } from '../../src/wire/zstd.js';
import { atOnce } from '../../src/wire/steps.js';
import { openTestApi, type TestApi } from '../support/local-api.js';

/** A zstd frame that stores its content as it is: such a one any Node can make. */
function storedFrame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  head.writeUInt8(0xa0, 4);
  head.writeUInt32LE(bytes.length, 5);
  head.writeUIntLE((bytes.length << 3) | 1, 9, 3);
  return Uint8Array.from(Buffer.concat([head, bytes]));
}

const dialects: readonly (readonly [string, PassDialect])[] = [
  ['protobuf', passDialects().protobuf],
  ['protobuf in a zstd frame', passDialects(storedFrame).protobuf],
  ['protobuf, compressed where this Node can', passDialects(compressZstd).protobuf],
  ['JSON', passDialects().json],
];

const pass = (forwardOnly: boolean): Pass => ({
  data: [[1, 2, 3], [4], [5, 6]].map((tokens) => ({
    modelInput: ModelInput.fromInts(tokens).appendInt(7),
    lossFnInputs: {
      target_tokens: TensorData.from([...tokens, 8], 'int64'),
      advantages: TensorData.from([...tokens, 0.1], 'float32'),
      logprobs: TensorData.from([...tokens, -0.3], 'float32'),
    },
  })),
  lossFn: 'ppo',
  lossFnConfig: { clip_low_threshold: 0.7, clip_high_threshold: 1.3 },
  forwardOnly,
});

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId } = await server.openModel());
});
afterEach(async () => {
  await server.close();
});

async function submit(dialect: PassDialect, forwardOnly: boolean, seqId: number): Promise<string> {
  const { content, contentType, contentEncoding } = atOnce(dialect.write(pass(forwardOnly), modelId, seqId));
  const encoding = contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding };
  const response = await server.request('POST', dialect.path(pass(forwardOnly)), content, { 'content-type': contentType, ...encoding });
  const answer: unknown = await response.json();
  return typeof answer === 'object' && answer !== null && 'request_id' in answer ? String(answer.request_id) : JSON.stringify(answer);
}

async function read(requestId: string, accept: string): Promise<unknown> {
  const response = await server.request('POST', '/api/v1/retrieve_future', { request_id: requestId }, { accept });
  const isProtobuf = response.headers.get('content-type') === protobufType;
  return decodePassResult(isProtobuf ? new Uint8Array(await response.arrayBuffer()) : await response.json());
}

describe("the client's dialects", () => {
  it.each([
    [false, 'forwardBackward'],
    [true, 'forward'],
  ])('are one request in any of them, and read the same result in either form (forward only: %p)', async (forwardOnly, call) => {
    const ids = new Set<string>();
    for (const [, dialect] of dialects) ids.add(await submit(dialect, forwardOnly, 1));
    const [requestId = ''] = ids;
    expect(ids.size).toBe(1);
    const expected = E.right({
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [4, 2, 3].map((length) => ({ logprobs: new TensorData(new Float32Array(length).fill(-0.5)) })),
      metrics: expect.objectContaining({ 'loss:sum': 1.5 }),
    });
    expect(await read(requestId, protobufType)).toEqual(expected);
    expect(await read(requestId, 'application/json')).toEqual(expected);
    expect(server.engine.calls.filter((made) => made.startsWith('forward'))).toEqual([`${call} ${modelId}`]);
  });
});
