import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../support/local-api.js';
import { settle } from '../support/manual-clock.js';

const step = '/api/v1/optim_step';
const save = '/api/v1/save_weights';
const restarted = 'is not loaded: the server was restarted, and what it held in memory is gone';

let server: TestApi;
let modelId: string;
let sessionId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId, sessionId } = await server.openModel());
});
afterEach(async () => {
  await server.close();
});

describe('after a restart', () => {
  it('says of an operation that it is lost, instead of not knowing it', async () => {
    const requestId = await server.submit(step, stepRequest(modelId, 1));
    server = await server.crash();
    expect(await server.poll(requestId)).toEqual({
      status: 200,
      body: { error: expect.stringContaining('The server was restarted before this result was fetched') as unknown, category: 'server' },
    });
  });

  it('still has the result of a save', async () => {
    const requestId = await server.submit(save, { model_id: modelId, path: 'ck', seq_id: 1 });
    const saved = await server.poll(requestId);
    server = await server.crash();
    expect(await server.poll(requestId)).toEqual(saved);
  });

  it('knows the run, and fails what is asked of its model', async () => {
    server = await server.crash();
    expect(await server.post('/api/v1/get_info', { model_id: modelId })).toEqual({
      status: 404,
      body: { detail: expect.stringContaining(restarted) as unknown },
    });
    const requestId = await server.submit(step, stepRequest(modelId, 1));
    expect((await server.poll(requestId)).body).toEqual({ error: expect.stringContaining(restarted) as unknown, category: 'user' });
    expect(server.engine.calls).toEqual([]);
  });

  it('does not create a model again whose creation it had accepted', async () => {
    server = await server.crash();
    const again = { session_id: sessionId, model_seq_id: 0, base_model: 'fake/one', lora_config: { rank: 4, seed: 1 } };
    const requestId = await server.submit('/api/v1/create_model', again);
    expect((await server.poll(requestId)).body['error']).toContain(restarted);
  });

  it('creates the next model in the old session, and loads the old checkpoint into it', async () => {
    await server.poll(await server.submit(save, { model_id: modelId, path: 'ck', seq_id: 1 }));
    server = await server.crash();
    const path = `tinker://${modelId}/weights/ck`;
    await server.poll(await server.submit('/api/v1/create_model', { session_id: sessionId, model_seq_id: 1, base_model: 'fake/one', lora_config: { rank: 4, seed: 1 } }));
    const loaded = await server.submit('/api/v1/load_weights', { model_id: `${sessionId}:train:1`, seq_id: 1, path, optimizer: true });
    expect((await server.poll(loaded)).body).toEqual({ path, model_id: `${sessionId}:train:1` });
  });
});

describe('stopping', () => {
  it('finishes the running operation and the accepted saves with what comes before them', async () => {
    const release = server.engine.hold();
    const ids = [
      await server.submit('/api/v1/forward_backward', passRequest(modelId, 1)),
      await server.submit(step, stepRequest(modelId, 2)),
      await server.submit(save, { model_id: modelId, path: 'ck', seq_id: 3 }),
      await server.submit(step, stepRequest(modelId, 4)),
    ];
    const polls = Promise.all(ids.map((id) => server.poll(id)));
    await settle();
    const stopped = server.api.close();
    const refused = await server.post(step, stepRequest(modelId, 5));
    release();
    await stopped;
    expect(refused).toEqual({ status: 503, body: { detail: 'The server is stopping; send this again when it runs.' } });
    expect((await polls).map(({ body }) => Object.keys(body))).toEqual([
      ['loss_fn_output_type', 'loss_fn_outputs', 'metrics'],
      ['metrics'],
      ['path'],
      ['error', 'category'],
    ]);
    expect(server.log).toEqual(['stopping: finishing 3 operations, giving up 1 that no save follows']);
    expect(server.engine.calls.slice(1).map((call) => call.split(' ')[0])).toEqual(['forwardBackward', 'optimStep', 'saveCheckpoint', 'close']);
  });

  it('still answers a request that is sent again while it stops', async () => {
    const release = server.engine.hold();
    const requestId = await server.submit(step, stepRequest(modelId, 1));
    const stopped = server.api.close();
    expect(await server.submit(step, stepRequest(modelId, 1))).toBe(requestId);
    release();
    await stopped;
    expect(server.log).toEqual(['stopping: finishing 1 operation']);
  });
});
