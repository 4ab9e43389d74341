import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { saveCheckpoint } from '../../../src/server/checkpoints/checkpoint-saving.js';
import { openTestApi, stepRequest, type Answer, type TestApi } from '../../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

async function get(path: string): Promise<Answer> {
  const response = await server.request('GET', `/api/v1/${path}`);
  const text = await response.text();
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  return { status: response.status, body: JSON.parse(text) as Answer['body'] };
}

async function openModels(count: number): Promise<string[]> {
  const modelIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    modelIds.push((await server.openModel()).modelId);
    server.clock.advance(1000);
  }
  return modelIds;
}

async function save(modelId: string, name: string, kind: 'weights' | 'sampler_weights' = 'weights'): Promise<string> {
  server.clock.advance(1000);
  return await saveCheckpoint(server.api, { modelId, name, kind, ttlSeconds: undefined, overwrite: false });
}

const idsOf = (answer: Answer): unknown => (answer.body['training_runs'] as { training_run_id: string }[]).map((run) => run.training_run_id);
const pathsOf = (answer: Answer): unknown => (answer.body['checkpoints'] as { tinker_path: string }[]).map((checkpoint) => checkpoint.tinker_path);

describe('training runs', () => {
  it('are listed in pages, newest first', async () => {
    const [first, second, third] = await openModels(3);
    const all = await get('training_runs');
    expect([idsOf(all), all.body['cursor']]).toEqual([[third, second, first], { offset: 0, limit: 20, total_count: 3 }]);
    const page = await get('training_runs?limit=1&offset=1&access_scope=accessible');
    expect([idsOf(page), page.body['cursor']]).toEqual([[second], { offset: 1, limit: 1, total_count: 3 }]);
    expect(idsOf(await get('training_runs?offset=5'))).toEqual([]);
    expect((await get('training_runs?limit=100000')).body['cursor']).toMatchObject({ limit: 1000 });
  });

  it.each([
    ['limit=-1', 'limit: got -1'],
    ['limit=many', 'limit: got'],
    ['offset=-1', 'offset: got -1'],
    ['offset=1.5', 'offset: got'],
    ['access_scope=all', 'access_scope: got'],
  ])('refuse %s', async (query, text) => {
    expect(await get(`training_runs?${query}`)).toEqual({ status: 422, body: { detail: expect.stringContaining(text) as unknown } });
  });

  it('tell what they are, and what was saved of them', async () => {
    const { modelId } = await server.openModel();
    const fresh = await get(`training_runs/${modelId}`);
    expect(fresh).toEqual({
      status: 200,
      body: {
        training_run_id: modelId,
        base_model: 'fake/one',
        model_owner: 'urn:tinkerjs:user:local',
        is_lora: true,
        corrupted: false,
        lora_rank: 4,
        last_request_time: '2026-01-01T00:00:00Z',
      },
    });
    await save(modelId, 'old');
    const path = await save(modelId, 'new');
    const sampler = await save(modelId, 'new', 'sampler_weights');
    await server.poll(await server.submit('/api/v1/optim_step', stepRequest(modelId, 1)));
    expect((await get(`training_runs/${modelId.replaceAll(':', '%3A')}`)).body).toMatchObject({
      last_request_time: '2026-01-01T00:00:03Z',
      last_checkpoint: { checkpoint_id: 'weights/new', checkpoint_type: 'training', tinker_path: path, time: '2026-01-01T00:00:02Z', public: false },
      last_sampler_checkpoint: { checkpoint_id: 'sampler_weights/new', checkpoint_type: 'sampler', tinker_path: sampler, time: '2026-01-01T00:00:03Z' },
    });
  });

  it('carry metadata as texts', async () => {
    const session = await server.post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
    const request = { session_id: session.body['session_id'], model_seq_id: 0, base_model: 'fake/one', user_metadata: { name: 'first', layers: [1, 2] } };
    await server.poll(await server.submit('/api/v1/create_model', request));
    expect((await get('training_runs')).body['training_runs']).toMatchObject([{ user_metadata: { name: 'first', layers: '[1,2]' } }]);
  });

  it('are listed as corrupted when their model could not be made, and not at all while it is being made', async () => {
    const session = await server.post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
    const request = { session_id: session.body['session_id'], model_seq_id: 0, base_model: 'fake/none' };
    const release = server.engine.hold();
    const requestId = await server.submit('/api/v1/create_model', request);
    expect(idsOf(await get('training_runs'))).toEqual([]);
    release();
    await server.poll(requestId);
    expect((await get('training_runs')).body['training_runs']).toMatchObject([{ base_model: 'unknown', corrupted: true }]);
  });

  it('are found by the project of their session', async () => {
    const [first, second] = await openModels(2);
    const sessionOf = (modelId = ''): string => modelId.split(':')[0] ?? '';
    const moved = await server.request('PUT', `/api/v1/sessions/${sessionOf(first)}/project`, { project_id: 'project 7' });
    expect([moved.status, await moved.text()]).toEqual([204, '']);
    expect(idsOf(await get('training_runs?project_id=project+7'))).toEqual([first]);
    expect(idsOf(await get('training_runs?project_id=other'))).toEqual([]);
    expect(idsOf(await get('training_runs'))).toEqual([second, first]);
  });

  it('stay listed, with all that is known of them, when the server starts again', async () => {
    const [first, second] = await openModels(2);
    await save(first ?? '', 'ck');
    await server.request('PUT', `/api/v1/sessions/${first?.split(':')[0] ?? ''}/project`, { project_id: 'p' });
    await server.poll(await server.submit('/api/v1/optim_step', stepRequest(first ?? '', 1)));
    await server.api.runs.flush();
    const before = await get('training_runs');
    const inProject = await get('training_runs?project_id=p');
    server = await server.crash();
    expect(idsOf(before)).toEqual([second, first]);
    expect(await get('training_runs')).toEqual(before);
    expect(await get('training_runs?project_id=p')).toEqual(inProject);
    expect(idsOf(inProject)).toEqual([first]);
  });

  it.each(['no-such-run', 'a%2Fb', '..%2F..'])('are not found by %s', async (id) => {
    expect((await get(`training_runs/${id}`)).status).toBe(404);
    expect((await get(`training_runs/${id}/checkpoints`)).status).toBe(404);
  });
});

describe('checkpoints', () => {
  it('of one run are listed, newest first, with all that is known of them', async () => {
    const [first = '', other = ''] = await openModels(2);
    const old = await save(first, 'ck');
    const sampler = await save(first, 'ck', 'sampler_weights');
    await save(other, 'ck');
    const { body } = await get(`training_runs/${first}/checkpoints`);
    expect(pathsOf({ status: 200, body })).toEqual([sampler, old]);
    const entry = server.api.checkpoints.find(old);
    expect(body['checkpoints']).toContainEqual({
      checkpoint_id: 'weights/ck',
      checkpoint_type: 'training',
      time: '2026-01-01T00:00:03Z',
      tinker_path: old,
      size_bytes: entry?.sizeBytes,
      public: false,
    });
    expect(entry?.sizeBytes).toBeGreaterThan(500);
    expect(body).not.toHaveProperty('cursor');
  });

  it('of a run that has none are an empty list', async () => {
    const [modelId = ''] = await openModels(1);
    expect(await get(`training_runs/${modelId}/checkpoints`)).toEqual({ status: 200, body: { checkpoints: [] } });
  });

  it('of all runs are listed in pages, newest first, also after a restart', async () => {
    const [first = '', other = ''] = await openModels(2);
    const saved = [await save(first, 'a'), await save(other, 'b', 'sampler_weights'), await save(first, 'c')].reverse();
    expect(pathsOf(await get('checkpoints'))).toEqual(saved);
    server = await server.crash();
    const page = await get('checkpoints?limit=2&offset=1');
    expect([pathsOf(page), page.body['cursor']]).toEqual([saved.slice(1), { offset: 1, limit: 2, total_count: 3 }]);
  });

  it('of either kind tell what they hold', async () => {
    const [modelId = ''] = await openModels(1);
    const held = { base_model: 'fake/one', is_lora: true, lora_rank: 4, train_unembed: true, train_mlp: true, train_attn: true };
    for (const kind of ['weights', 'sampler_weights'] as const) {
      expect(await server.post('/api/v1/weights_info', { tinker_path: await save(modelId, 'ck', kind) })).toEqual({ status: 200, body: held });
    }
  });
});

it.each(['training_runs', 'training_runs/r', 'training_runs/r/checkpoints', 'checkpoints', 'sessions', 'sessions/s', 'sessions/s/trace_export', 'audit', 'billing/usage/events'])(
  'needs a key for %s',
  async (path) => {
    const response = await server.request('GET', `/api/v1/${path}`, undefined, { 'x-api-key': 'tml-other' });
    expect(response.status).toBe(401);
  },
);
