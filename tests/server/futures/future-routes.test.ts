import { afterEach, describe, expect, it } from '@jest/globals';
import type { LocalServerOptions } from '../../../src/server/options/options.js';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

let server: TestApi;
afterEach(async () => {
  await server.close();
});

async function setUp(options: LocalServerOptions = {}): Promise<string> {
  server = await openTestApi(options);
  return (await server.openModel()).modelId;
}

describe('addFutureRoutes', () => {
  it('holds a poll, then says that the operation goes on', async () => {
    const modelId = await setUp({ pollHoldMs: 12_000 });
    const release = server.engine.hold();
    const requestId = await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    const began = server.clock.now();
    expect(await server.pollPending(requestId)).toEqual({ status: 200, body: { type: 'try_again', queue_state: 'active', request_id: requestId } });
    expect(server.clock.now() - began).toBe(12_000);
    release();
    expect((await server.poll(requestId)).body).toEqual({ metrics: { step: 1, grad_norm: 0.5 } });
  });

  it('answers two polls of one id', async () => {
    const modelId = await setUp();
    const release = server.engine.hold();
    const requestId = await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    const polls = [server.post('/api/v1/retrieve_future', { request_id: requestId }), server.post('/api/v1/retrieve_future', { request_id: requestId })];
    await settle();
    release();
    const [first, second] = await Promise.all(polls);
    expect(first?.body).toEqual({ metrics: { step: 1, grad_norm: 0.5 } });
    expect(second).toEqual(first);
  });

  it('announces a large result to those who ask for it', async () => {
    const modelId = await setUp({ largeResultBytes: 100 });
    const requestId = await server.submit('/api/v1/forward_backward', passRequest(modelId, 1));
    const small = await server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    const whole = await server.poll(requestId);
    const size = JSON.stringify(whole.body).length;
    expect(await server.poll(requestId, true)).toEqual({ status: 200, body: { status: 'complete_metadata', response_payload_size: size } });
    expect(await server.poll(requestId, false)).toEqual(whole);
    expect((await server.poll(small, true)).body).toHaveProperty('metrics');
  });

  it('counts a result as read only when all of it went out', async () => {
    const modelId = await setUp({ largeResultBytes: 100, futureRetentionMs: 1000 });
    const requestId = await server.submit('/api/v1/forward_backward', passRequest(modelId, 1));
    await server.poll(requestId, true);
    server.clock.advance(2000);
    expect((await server.poll(requestId, false)).status).toBe(200);
    server.clock.advance(1000);
    expect(await server.poll(requestId, false)).toEqual({
      status: 410,
      body: { detail: `Promise expired: the result of ${requestId} was kept for its time and is gone.` },
    });
  });

  it('does not know an id that it did not give out', async () => {
    await setUp();
    expect(await server.poll('other-1')).toEqual({ status: 404, body: { detail: 'Future not found' } });
  });
});
