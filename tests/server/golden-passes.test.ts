import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fromHex } from '../support/hex.js';
import { openTestApi, passRequest, type TestApi } from '../support/local-api.js';
import { settle } from '../support/manual-clock.js';

/** Bodies as the official client wrote them (wire protocol, Appendix A), from behind the model id and number on. */
const text = '0a10 0a0e 0a0c 010000000200000003000000';
const targets = '1230 0a0d 7461726765745f746f6b656e73 121f 0a18 020000000000000003000000000000000400000000000000 1802 220103';
const crossEntropy = '220d 63726f73735f656e74726f7079';
const plain = `1a44 ${text} ${targets} ${crossEntropy}`;
const forwardOnlyPpo = `1a44 ${text} ${targets} 2203 70706f 2a1d 0a12 636c69705f6c6f775f7468726573686f6c64 11 cdccccccccccec3f 3001`;
const sparse = `1a65 ${text} 1251 0a07 77656967687473 1246 123e 0a08 0000803f00000040
  1220 0000000000000000010000000000000001000000000000000200000000000000 1a10 01000000000000000300000000000000
  1801 22020304 ${crossEntropy}`;

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId } = await server.openModel());
  server.engine.calls.length = 0;
});
afterEach(async () => {
  await server.close();
});

/** Sends the body under this server's model, which the vectors cannot know. */
async function submit(seqId: string, rest: string): Promise<string> {
  const id = Buffer.from(modelId);
  const body = Buffer.concat([Buffer.of(0x0a, id.length), id, fromHex(`${seqId} ${rest}`)]);
  const response = await server.request('POST', '/api/v1/forward_backward', body, { 'content-type': 'application/x-protobuf' });
  const answer: unknown = await response.json();
  expect([response.status, answer]).toEqual([200, { request_id: expect.any(String) as unknown }]);
  return typeof answer === 'object' && answer !== null && 'request_id' in answer ? String(answer.request_id) : '';
}

describe("the official client's own bytes", () => {
  it('are executed (A.1)', async () => {
    const requestId = await submit('1001', plain);
    expect((await server.poll(requestId)).body).toEqual({
      loss_fn_output_type: 'ArrayRecord',
      loss_fn_outputs: [{ logprobs: { data: [-0.5, -0.5, -0.5], dtype: 'float32', shape: [3] } }],
      metrics: { 'loss:sum': 0.5 },
    });
    expect(server.engine.calls).toEqual([`forwardBackward ${modelId}`]);
  });

  it('are executed in the order of arrival without a number', async () => {
    await submit('', plain);
    await submit('1000', plain);
    await settle();
    expect(server.engine.calls).toEqual([`forwardBackward ${modelId}`, `forwardBackward ${modelId}`]);
  });

  it('are a forward pass with settings under a large number (A.2)', async () => {
    const requestId = await submit('10ac02', forwardOnlyPpo);
    await settle();
    server.clock.advance(30_000);
    expect(await server.poll(requestId)).toEqual({
      status: 200,
      body: { error: expect.stringMatching(/^data\[0\]\.loss_fn_inputs\.(advantages|logprobs): missing; /) as unknown, category: 'user' },
    });
    expect(server.api.ledger.report(modelId).operations.at(-1)).toMatchObject({ seqId: 300, kind: 'forward', outcome: 'failed' });
  });

  it('are told of the targets that they lack (A.3)', async () => {
    const requestId = await submit('1001', sparse);
    expect((await server.poll(requestId)).body).toEqual({
      error: expect.stringMatching(/^data\[0\]\.loss_fn_inputs\.target_tokens: missing; /) as unknown,
      category: 'user',
    });
  });

  it('are the same as the JSON of older clients', async () => {
    const first = await submit('1001', plain);
    const inputs = { target_tokens: { data: [2, 3, 4], dtype: 'int64', shape: [3] } };
    const datum = { loss_fn_inputs: inputs, model_input: { chunks: [{ tokens: [1, 2, 3], type: 'encoded_text' }] } };
    const json = { ...passRequest(modelId, 1), forward_backward_input: { data: [datum], loss_fn: 'cross_entropy' } };
    expect(await server.submit('/api/v1/forward_backward', json)).toBe(first);
  });
});
