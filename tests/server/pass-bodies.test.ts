import { promisify } from 'node:util';
import { brotliCompress, deflate, gzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { decodePassOutput } from '../../src/wire/pass-output-proto.js';
import { encodePassRequest, protobufType } from '../../src/wire/pass-proto.js';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../support/local-api.js';
import { settle } from '../support/manual-clock.js';

const path = '/api/v1/forward_backward';
const int64 = (values: number[]): TensorData => TensorData.from(values, 'int64');
const float32 = (values: number[]): TensorData => TensorData.from(values, 'float32');

/** The same pass as `passRequest` writes in JSON. */
function passOf(tokens: number[] = [1, 2, 3], forwardOnly = false): Pass {
  const lossFnInputs = { target_tokens: int64(tokens), weights: float32(tokens.map(() => 1)) };
  return { data: [{ modelInput: ModelInput.fromInts(tokens), lossFnInputs }], lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly };
}

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi({ maxBodyBytes: 4096 });
  ({ modelId } = await server.openModel());
  server.engine.calls.length = 0;
});
afterEach(async () => {
  await server.close();
});

const send = async (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> => {
  const response = await server.request('POST', path, body, { 'content-type': protobufType, ...headers });
  return { status: response.status, body: await response.json() };
};
const poll = async (requestId: unknown): Promise<Response> =>
  await server.request('POST', '/api/v1/retrieve_future', { request_id: requestId }, { accept: protobufType });
const requestIdOf = (body: unknown): unknown => (typeof body === 'object' && body !== null && 'request_id' in body ? body.request_id : undefined);
const executed = (): string[] => server.engine.calls.map((call) => call.replace(` ${modelId}`, ''));

describe('a pass in protobuf', () => {
  it('is executed, and its result read in protobuf or in JSON', async () => {
    const { status, body } = await send(encodePassRequest(passOf(), modelId, 1));
    expect(status).toBe(200);
    const requestId = requestIdOf(body);
    const response = await poll(requestId);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect([response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([protobufType, String(bytes.length)]);
    expect(decodePassOutput(bytes)).toEqual(
      E.right({ lossFnOutputType: 'ArrayRecord', lossFnOutputs: [{ logprobs: float32([-0.5, -0.5, -0.5]) }], metrics: { 'loss:sum': 0.5 } }),
    );
    expect((await server.poll(String(requestId))).body).toEqual({
      loss_fn_output_type: 'ArrayRecord',
      loss_fn_outputs: [{ logprobs: { data: [-0.5, -0.5, -0.5], dtype: 'float32', shape: [3] } }],
      metrics: { 'loss:sum': 0.5 },
    });
    expect(executed()).toEqual(['forwardBackward']);
  });

  it('leaves the gradients alone when it says so', async () => {
    await send(encodePassRequest(passOf([1], true), modelId, 1));
    await settle();
    expect(executed()).toEqual(['forward']);
  });

  it('is executed by its number', async () => {
    await send(encodePassRequest(passOf([1], true), modelId, 2));
    await settle();
    expect(executed()).toEqual([]);
    await send(encodePassRequest(passOf(), modelId, 1));
    await settle();
    expect(executed()).toEqual(['forwardBackward', 'forward']);
  });

  it('is the same as in JSON: one future for one number', async () => {
    const first = requestIdOf((await send(encodePassRequest(passOf(), modelId, 1))).body);
    expect(await server.submit(path, passRequest(modelId, 1))).toBe(first);
    const settings = { ...passOf([1], true), lossFnConfig: {} };
    const second = requestIdOf((await send(encodePassRequest(settings, modelId, 2))).body);
    expect(await server.submit('/api/v1/forward', passRequest(modelId, 2, [1], 'forward'))).toBe(second);
    expect(requestIdOf((await send(encodePassRequest(settings, modelId, 2))).body)).toBe(second);
    expect((await send(encodePassRequest(passOf([1]), modelId, 2))).status).toBe(409);
  });

  it('is the same with sparse tensors as with dense ones', async () => {
    const tensor = new TensorData(Float32Array.of(0, 2, 0, 0, 0, 0), [2, 3]);
    const sparse = { ...passOf(), data: [{ modelInput: ModelInput.fromInts([1, 2]), lossFnInputs: { weights: tensor.toSparse() } }] };
    const dense = { ...passOf(), data: [{ modelInput: ModelInput.fromInts([1, 2]), lossFnInputs: { weights: tensor } }] };
    const first = requestIdOf((await send(encodePassRequest(sparse, modelId, 1))).body);
    expect(requestIdOf((await send(encodePassRequest(dense, modelId, 1))).body)).toBe(first);
  });

  it('is announced by the size of the form that is asked for', async () => {
    await server.close();
    server = await openTestApi({ largeResultBytes: 50 });
    ({ modelId } = await server.openModel());
    const requestId = requestIdOf((await send(encodePassRequest(passOf(), modelId, 1))).body);
    const whole = new Uint8Array(await (await poll(requestId)).arrayBuffer());
    const asked = { request_id: requestId, allow_metadata_only: true };
    const announced = await server.request('POST', '/api/v1/retrieve_future', asked, { accept: protobufType });
    expect(announced.headers.get('content-type')).toBe('application/json');
    expect(await announced.json()).toEqual({ status: 'complete_metadata', response_payload_size: whole.length });
    expect((await server.poll(String(requestId), true)).body['response_payload_size']).toBeGreaterThan(whole.length);
  });

  it.each([
    [Uint8Array.of(0x0a, 0xff), /^The body is not a valid ForwardBackwardRequest: /],
    [Uint8Array.from(Buffer.from('not protobuf at all')), /^The body is not a valid ForwardBackwardRequest: /],
  ])('is refused when it is not one: %p', async (bytes, detail) => {
    expect(await send(bytes)).toEqual({ status: 422, body: { detail: expect.stringMatching(detail) as unknown } });
  });

  it('names what it cannot take, and counts its number as answered', async () => {
    const broken = encodePassRequest(passOf(), modelId, 1);
    const at = Buffer.from(broken).indexOf(Buffer.from('target_tokens')) + 'target_tokens'.length;
    broken[Buffer.from(broken).indexOf(Buffer.from([0x18, 0x02]), at) + 1] = 9;
    expect(await send(broken)).toEqual({
      status: 422,
      body: { detail: 'The body is not a valid ForwardBackwardRequest: data[0].loss_fn_inputs.target_tokens: dtype 9 is none of the protocol' },
    });
    await server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    await settle();
    expect(executed()).toEqual(['optimStep']);
  });

  it('may come again in JSON under its number when it was refused', async () => {
    server.api.faults.add({ endpoint: 'forward_backward', action: 'status', status: 422 });
    expect((await send(encodePassRequest(passOf(), modelId, 1))).status).toBe(422);
    const requestId = await server.submit(path, passRequest(modelId, 1));
    expect((await server.poll(requestId)).body).toHaveProperty('metrics');
    expect(executed()).toEqual(['forwardBackward']);
  });

  it('is refused when its sparse tensors are too large written out', async () => {
    const huge = new TensorData(new Float32Array(0), [1, 2 ** 26 + 1], { crow: Int32Array.of(0, 0), col: new Int32Array(0) });
    const pass = { ...passOf(), data: [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: { weights: huge } }] };
    expect(await send(encodePassRequest(pass, modelId, 1))).toEqual({
      status: 422,
      body: { detail: 'loss_fn_inputs: the sparse tensors have more than 67108864 elements when written out; send fewer datums at a time.' },
    });
  });

  it('is not taken by other endpoints, nor are other kinds of bodies', async () => {
    const step = await server.request('POST', '/api/v1/optim_step', 'x', { 'content-type': protobufType });
    expect([step.status, await step.json()]).toEqual([415, { detail: `Content-Type ${protobufType} is not taken here; send application/json.` }]);
    expect((await send(Uint8Array.of(1), { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('is left to JSON by a server that speaks only that, under the same number', async () => {
    await server.close();
    server = await openTestApi({ jsonOnly: true });
    ({ modelId } = await server.openModel());
    expect((await send(encodePassRequest(passOf(), modelId, 1))).status).toBe(415);
    const requestId = await server.submit(path, passRequest(modelId, 1));
    expect((await poll(requestId)).headers.get('content-type')).toBe('application/json');
  });
});

describe('a compressed body', () => {
  const body = encodePassRequest(passOf(), 'm', 1);

  it.each([
    ['gzip', promisify<Uint8Array, Buffer>(gzip)],
    ['deflate', promisify<Uint8Array, Buffer>(deflate)],
    ['br', promisify<Uint8Array, Buffer>(brotliCompress)],
  ])('is taken with %s', async (encoding, compress) => {
    const bytes = Uint8Array.from(await compress(encodePassRequest(passOf(), modelId, 1)));
    expect((await send(bytes, { 'content-encoding': encoding })).status).toBe(200);
    await settle();
    expect(executed()).toEqual(['forwardBackward']);
  });

  it('is refused when it is damaged', async () => {
    expect(await send(body, { 'content-encoding': 'gzip' })).toEqual({
      status: 422,
      body: { detail: 'The body is not what its Content-Encoding gzip says: incorrect header check' },
    });
  });

  it('is refused when it is too large decompressed', async () => {
    const bytes = Uint8Array.from(await promisify<Uint8Array, Buffer>(gzip)(new Uint8Array(5000)));
    expect(await send(bytes, { 'content-encoding': 'gzip' })).toEqual({
      status: 413,
      body: { detail: 'The body is larger than 4096 bytes when decompressed; send fewer datums at a time.' },
    });
  });
});
