import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EngineError } from '../../../src/server/engine/engine-error.js';
import { isRecord } from '../../../src/types/check.js';
import { openTestApi, stepRequest, type TestApi } from '../../support/local-api.js';

const create = '/api/v1/create_model';

let server: TestApi;
let sessionId: string;
beforeEach(async () => {
  server = await openTestApi();
  const session = await server.post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
  sessionId = String(session.body['session_id']);
});
afterEach(async () => {
  await server.close();
});

function request(changes: object = {}): object {
  return { session_id: sessionId, model_seq_id: 0, base_model: 'fake/one', lora_config: { rank: 4, seed: 1 }, type: 'create_model', ...changes };
}

describe('addModelRoutes', () => {
  it('names a model after its session and number', async () => {
    const requestId = await server.submit(create, request({ model_seq_id: 3 }));
    expect(await server.poll(requestId)).toEqual({ status: 200, body: { model_id: `${sessionId}:train:3` } });
  });

  it('takes seeds of 64 bits, neighbours as different ones, and large numbers of the user as they come', async () => {
    const seedOf = async (modelSeqId: number, seed: string): Promise<number | undefined> => {
      const more = { model_seq_id: modelSeqId, lora_config: { rank: 4, seed: 0 }, user_metadata: { of: 12345678901234567000 } };
      const text = JSON.stringify(request(more)).replace('"seed":0', `"seed":${seed}`);
      const accepted: unknown = await (await server.request('POST', create, text)).json();
      expect(accepted).toEqual({ request_id: expect.any(String) as unknown });
      await server.poll(isRecord(accepted) ? String(accepted['request_id']) : '');
      return server.api.runs.find(`${sessionId}:train:${modelSeqId}`)?.record.lora?.seed;
    };
    expect(await seedOf(0, '9007199254740991')).toBe(9007199254740991);
    const seeds = [await seedOf(1, '9007199254740992'), await seedOf(2, '9007199254740993'), await seedOf(3, '18446744073709551615')];
    expect(new Set(seeds).size).toBe(3);
    expect(seeds.every(Number.isSafeInteger)).toBe(true);
    expect(await seedOf(4, '18446744073709551615')).toBe(seeds[2]);
  });

  it('describes a model', async () => {
    await server.poll(await server.submit(create, request()));
    expect(await server.post('/api/v1/get_info', { model_id: `${sessionId}:train:0` })).toEqual({
      status: 200,
      body: {
        model_id: `${sessionId}:train:0`,
        model_data: { arch: 'llama', model_name: 'fake/one', tokenizer_id: 'fake/one' },
        is_lora: true,
        lora_rank: 4,
        model_name: 'fake/one',
      },
    });
  });

  it('creates a model once when the request comes twice', async () => {
    const requestId = await server.submit(create, request());
    expect(await server.submit(create, request())).toBe(requestId);
    await server.poll(requestId);
    expect(await server.submit(create, request())).toBe(requestId);
    expect(server.engine.calls).toEqual([`createModel ${sessionId}:train:0`]);
  });

  it('refuses to use a number for two models', async () => {
    await server.submit(create, request());
    expect(await server.post(create, request({ lora_config: { rank: 8 } }))).toEqual({
      status: 400,
      body: { detail: 'model_seq_id 0 of this session was used for another model already; use the next number.' },
    });
  });

  it('does not know other sessions', async () => {
    expect(await server.post(create, request({ session_id: 'none' }))).toEqual({
      status: 404,
      body: { detail: 'Session not found: none. Create a new session.' },
    });
  });

  it('refuses a negative number', async () => {
    expect(await server.post(create, request({ model_seq_id: -1 }))).toEqual({
      status: 422,
      body: { detail: 'model_seq_id: got -1, expected a whole number from 0' },
    });
  });

  it('reports a model that could not be created, also to what comes after', async () => {
    const requestId = await server.submit(create, request({ base_model: 'llama' }));
    expect((await server.poll(requestId)).body).toEqual({ error: 'Unknown base model "llama"', category: 'user' });
    const modelId = `${sessionId}:train:0`;
    const step = await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    expect((await server.poll(step)).body).toEqual({
      error: `Model ${modelId} could not be created: Unknown base model "llama".`,
      category: 'user',
    });
    expect((await server.post('/api/v1/get_info', { model_id: modelId })).status).toBe(404);
  });

  it('executes what was sent before the model was there', async () => {
    const release = server.engine.hold();
    await server.submit(create, request());
    const step = await server.submit('/api/v1/optim_step', stepRequest(`${sessionId}:train:0`, 1));
    release();
    expect((await server.poll(step)).body).toEqual({ metrics: { step: 1, grad_norm: 0.5 } });
  });

  it('fails operations on a model that was unloaded', async () => {
    await server.poll(await server.submit(create, request()));
    const modelId = `${sessionId}:train:0`;
    const unload = await server.submit('/api/v1/unload_model', { model_id: modelId, type: 'unload_model' });
    expect((await server.poll(unload)).body).toEqual({ model_id: modelId, type: 'unload_model' });
    const step = await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    expect((await server.poll(step)).body).toEqual({
      error:
        `Model ${modelId} is not loaded: it was unloaded at its client's request. ` +
        'Go on from a checkpoint with createTrainingClientFromStateWithOptimizer(path).',
      category: 'user',
    });
    expect(await server.post('/api/v1/get_info', { model_id: modelId })).toEqual({
      status: 404,
      body: {
        detail:
          `Model ${modelId} is not loaded: it was unloaded at its client's request. ` +
          'Go on from a checkpoint with createTrainingClientFromStateWithOptimizer(path).',
      },
    });
  });

  it('does not describe a model that is still being made', async () => {
    const release = server.engine.hold();
    await server.submit(create, request());
    expect(await server.post('/api/v1/get_info', { model_id: `${sessionId}:train:0` })).toEqual({
      status: 404,
      body: { detail: `Model ${sessionId}:train:0 is not there yet. Await its creation, then ask again.` },
    });
    release();
  });

  it('keeps a model whose unloading failed', async () => {
    await server.poll(await server.submit(create, request()));
    const modelId = `${sessionId}:train:0`;
    server.engine.failures.push(new EngineError('server', 'busy'));
    const unload = await server.submit('/api/v1/unload_model', { model_id: modelId });
    expect((await server.poll(unload)).body).toEqual({ error: 'busy', category: 'server' });
    const step = await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    expect((await server.poll(step)).body).toHaveProperty('metrics');
  });

  it('does not know a model to unload or to describe', async () => {
    const answers = [await server.post('/api/v1/unload_model', { model_id: 'x' }), await server.post('/api/v1/get_info', { model_id: 'x' })];
    expect(answers).toEqual(Array.from({ length: 2 }, () => ({ status: 404, body: { detail: 'Model not found: x. Create a model first.' } })));
  });
});
