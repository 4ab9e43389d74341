import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../../src/server/app.js';
import { version } from '../../src/types/version.js';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi({ maxBodyBytes: 2048 });
});
afterEach(async () => {
  await server.close();
});

const heartbeat = '/api/v1/session_heartbeat';

describe('createApp', () => {
  it.each([
    ['', 'The X-API-Key header is missing: set TINKER_API_KEY to the key that the server was started with.'],
    ['tml-wrong', 'The API key in X-API-Key is not the one that this server was started with.'],
  ])('refuses the key "%s"', async (key, detail) => {
    const response = await server.request('GET', '/api/v1/get_server_capabilities', undefined, { 'x-api-key': key });
    expect([response.status, await response.json()]).toEqual([401, { detail }]);
  });

  it('answers the health check without a key', async () => {
    const response = await server.request('GET', '/api/v1/healthz', undefined, { 'x-api-key': 'tml-wrong' });
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', local: { models: [], skipped: [] } }]);
  });

  it('welcomes whoever opens its address, without a key', async () => {
    const response = await server.request('GET', '/', undefined, { 'x-api-key': '' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      expect.stringContaining('text/plain'),
      `tinkerjs ${version}: the Tinker training API, under /api/v1 at this address. Point a client at it with TINKER_BASE_URL and ` +
        'TINKER_API_KEY; docs: the README of tinkerjs, and https://thinkingmachines.ai/tinker/.\n',
    ]);
  });

  it('does not know other paths', async () => {
    const response = await server.request('GET', '/api/v1/nothing');
    expect([response.status, await response.json()]).toEqual([404, { detail: 'Not Found' }]);
  });

  it('gives every refusal its length', async () => {
    const response = await server.request('POST', heartbeat, '{');
    expect(response.status).toBe(400);
    expect(Number(response.headers.get('content-length'))).toBe((await response.text()).length);
  });

  it('names the field that is wrong', async () => {
    expect(await server.post(heartbeat, { session_id: 5 })).toEqual({
      status: 422,
      body: { detail: 'session_id: got 5, expected string' },
    });
  });

  it('refuses a body that is too large', async () => {
    expect(await server.post(heartbeat, { session_id: 'x'.repeat(3000) })).toEqual({
      status: 413,
      body: { detail: 'The body is larger than 2048 bytes; send fewer datums at a time.' },
    });
  });

  it.each([{}, { 'content-length': '9' }])('takes a body that breaks off, with %j, for nothing to report', async (headers: Record<string, string>) => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) });
    const init: RequestInit = { method: 'POST', headers: { 'x-api-key': server.api.apiKey, ...headers }, body, duplex: 'half' };
    const response = await createApp(server.api).request(heartbeat, init);
    expect([response.status, await response.json()]).toEqual([400, { detail: 'The body broke off: aborted' }]);
    expect(server.log).toEqual([]);
  });

  it.each([
    ['content-type', 'application/x-protobuf', 'Content-Type application/x-protobuf is not taken'],
    ['content-encoding', 'compress', 'Content-Encoding compress is not taken'],
  ])('refuses a body with %s %s', async (header, value, text) => {
    const response = await server.request('POST', '/api/v1/optim_step', 'x', { [header]: value });
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ detail: expect.stringContaining(text) as unknown });
  });

  it('takes unknown fields and absent type tags', async () => {
    const { sessionId } = await server.openModel();
    expect(await server.post(heartbeat, { session_id: sessionId, more: 1 })).toEqual({ status: 200, body: { type: 'session_heartbeat' } });
  });

  it('offers what a client asks for at the start', async () => {
    const capabilities = await server.request('GET', '/api/v1/get_server_capabilities');
    expect(await capabilities.json()).toEqual({ supported_models: [{ model_name: 'fake/one', max_context_length: 8 }] });
  });

  it('keeps the ledger: what was executed, in order, and what was received', async () => {
    const { modelId } = await server.openModel();
    const step = await server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    const pass = await server.submit('/api/v1/forward_backward', passRequest(modelId, 1, [99]));
    await server.poll(step);
    const response = await server.request('GET', `/api/v1/local/ledger?model_id=${modelId}`);
    expect(await response.json()).toEqual({
      operations: [
        expect.objectContaining({ kind: 'create_model', outcome: 'done' }),
        { model_id: modelId, seq_id: 1, kind: 'forward_backward', outcome: 'done', request_id: pass },
        { model_id: modelId, seq_id: 2, kind: 'optim_step', outcome: 'done', request_id: step },
      ],
      checkpoints: [],
      skipped: [],
      requests: { create_session: 1, create_model: 1, retrieve_future: 2, optim_step: 1, forward_backward: 1, 'local/ledger': 1 },
    });
  });

  it('keeps in the ledger where the time of saves and loads went', async () => {
    const { modelId, sessionId } = await server.openModel();
    const path = `tinker://${modelId}/weights/timed`;
    await server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, path: 'timed', seq_id: 1 }));
    await server.poll(await server.submit('/api/v1/load_weights', { model_id: modelId, path, seq_id: 2, optimizer: true }));
    await server.poll(await server.submit('/api/v1/load_weights', { session_id: sessionId, model_seq_id: 1, path, optimizer: true }));
    const response = await server.request('GET', '/api/v1/local/ledger');
    const timings: unknown = expect.objectContaining({ hashMs: 0, totalMs: 0 });
    expect(await response.json()).toMatchObject({
      checkpoints: [
        { model_id: modelId, kind: 'save', path, timings },
        { model_id: modelId, kind: 'load', path, timings },
        { model_id: `${sessionId}:train:1`, kind: 'load', path, timings },
      ],
    });
  });

  it('hides fault injection and the ledger unless they were asked for', async () => {
    const plain = await openTestApi({ faults: false });
    const answers = await Promise.all([plain.request('GET', '/api/v1/local/ledger'), plain.request('POST', '/api/v1/local/faults', {})]);
    await plain.close();
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
});
