import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalServerOptions } from '../../../src/server/options/options.js';
import { openTestApi, stepRequest, type Answer, type TestApi } from '../../support/local-api.js';

const save = '/api/v1/save_weights';
const load = '/api/v1/load_weights';
const info = '/api/v1/weights_info';

let server: TestApi;
let modelId: string;
let sessionId: string;
afterEach(async () => {
  await server.close();
});

async function setUp(options: LocalServerOptions = {}): Promise<void> {
  server = await openTestApi(options);
  ({ modelId, sessionId } = await server.openModel());
}

const path = (name = 'ck'): string => `tinker://${modelId}/weights/${name}`;
const done = async (endpoint: string, body: object): Promise<Answer> => await server.poll(await server.submit(endpoint, body));
const saved = async (seqId: number, more: object = {}): Promise<Answer> => await done(save, { model_id: modelId, path: 'ck', seq_id: seqId, ...more });
const loaded = async (seqId: number, from = path()): Promise<Answer> =>
  await done(load, { model_id: modelId, seq_id: seqId, path: from, optimizer: true });

describe('saving', () => {
  it('answers with the path, and puts the checkpoint into the folder of its run', async () => {
    await setUp();
    expect(await saved(1)).toEqual({ status: 200, body: { path: path() } });
    const folder = join(server.api.options.dataDir, 'checkpoints', `${sessionId}.train.0`, 'ck');
    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  it('refuses a name that is taken, as a failed future', async () => {
    await setUp();
    await saved(1);
    expect(await saved(2)).toEqual({
      status: 200,
      body: { error: `Checkpoint ${path()} exists already. Save with overwrite: true, or under another name.`, category: 'user' },
    });
    expect((await saved(3, { overwrite: true })).body).toEqual({ path: path() });
  });

  it.each([
    [{ path: '../up' }, 'name: got "../up", expected 1 to 255 letters, digits'],
    [{ path: '.hidden' }, 'name: got ".hidden"'],
    [{ ttl_seconds: 3_153_600_001 }, 'ttlSeconds: got 3153600001, expected a whole number of seconds, at least 1 and at most 3153600000'],
    [{ ttl_seconds: Number.MAX_SAFE_INTEGER }, 'ttlSeconds: got 9007199254740991, expected a whole number of seconds'],
    [{ ttl_seconds: 0 }, 'ttlSeconds: got 0, expected a whole number of seconds'],
  ])('refuses %j before anything is queued, and does not wait for its number', async (more, text) => {
    await setUp();
    const answer = await server.post(save, { model_id: modelId, path: 'ck', seq_id: 1, ...more });
    expect(answer).toEqual({ status: 400, body: { detail: expect.stringContaining(text) as unknown } });
    expect((await saved(2)).body).toEqual({ path: path() });
  });

  it('makes up a name when none is given', async () => {
    await setUp();
    expect((await done(save, { model_id: modelId, seq_id: 1 })).body).toEqual({ path: path('checkpoint-1') });
  });
});

describe('loading', () => {
  it('loads what a save before it in the queue wrote', async () => {
    await setUp();
    await server.submit(save, { model_id: modelId, path: 'ck', seq_id: 1 });
    expect((await loaded(2)).body).toEqual({ path: path(), model_id: modelId });
  });

  it.each([
    ['tinker://other:train:0/weights/ck', 'Checkpoint not found: tinker://other:train:0/weights/ck'],
    ['tinker://a.run/weights/ck', 'Checkpoint not found: tinker://a.run/weights/ck. Check the run and the name.'],
  ])('fails for the unknown checkpoint %s', async (from, text) => {
    await setUp();
    expect((await loaded(1, from)).body).toEqual({ error: expect.stringContaining(text) as unknown, category: 'user' });
    expect(await server.post(info, { tinker_path: from })).toEqual({
      status: 404,
      body: { detail: expect.stringContaining(text) as unknown },
    });
  });

  it.each(['ck', 'tinker://run/sampler_weights/ck', 'tinker://run/weights/a/b'])('refuses the path %s', async (from) => {
    await setUp();
    const answers = [
      await server.post(load, { model_id: modelId, seq_id: 1, path: from, optimizer: true }),
      await server.post(info, { tinker_path: from }),
    ];
    // What a sampler checkpoint holds may be asked, but this one is not there.
    expect(answers.map(({ status }) => status)).toEqual([400, from.includes('sampler') ? 404 : 400]);
    expect(answers[0]?.body['detail']).toContain(`got "${from}"`);
  });

  it('reports a damaged manifest', async () => {
    await setUp();
    await saved(1);
    const manifest = join(server.api.checkpoints.directoryOf(modelId, 'ck'), 'manifest.json');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"rank": 4', '"rank": 5'));
    expect((await loaded(2)).body).toEqual({
      error: `Checkpoint "${path()}" is damaged: manifest.json does not match its own checksum. Nothing was changed; load another checkpoint.`,
      category: 'user',
    });
  });

  it('allows a load at any point, unless it is strict', async () => {
    await setUp({ strict: true });
    await saved(1);
    const request = { model_id: modelId, seq_id: 2, path: path(), optimizer: true };
    expect(await server.post(load, request)).toEqual({
      status: 400,
      body: { detail: 'LoadWeights is not permitted with seq_id 2: it must be the model\'s first request.' },
    });
    const fresh = await server.openModel(1);
    expect((await done(load, { ...request, model_id: fresh.modelId, seq_id: 1 })).body).toEqual({ path: path(), model_id: fresh.modelId });
  });
});

describe('creating a model by loading', () => {
  it('makes the model of the checkpoint, and starts its numbers at 1', async () => {
    await setUp({ createModelViaLoadWeights: true });
    await saved(1);
    const created = `${sessionId}:train:7`;
    const request = { session_id: sessionId, model_seq_id: 7, path: path(), optimizer: true, user_metadata: { a: 'b' } };
    const requestId = await server.submit(load, request);
    expect(await server.submit(load, request)).toBe(requestId);
    expect((await server.poll(requestId)).body).toEqual({ path: path(), model_id: created });
    expect((await done('/api/v1/optim_step', stepRequest(created, 1))).body).toHaveProperty('metrics');
    expect((await server.post('/api/v1/get_info', { model_id: created })).body).toMatchObject({ lora_rank: 4 });
  });

  it('fails, and leaves no model, when the base models differ or the load fails', async () => {
    await setUp();
    await saved(1);
    const request = { session_id: sessionId, path: path(), optimizer: false };
    expect((await done(load, { ...request, model_seq_id: 1, base_model: 'fake/two' })).body).toEqual({
      error: `base_model: ${path()} was trained on fake/one, which is not compatible with fake/two`,
      category: 'user',
    });
    expect((await done(load, { ...request, model_seq_id: 2, path: path('none') })).body['category']).toBe('user');
    const after = await done('/api/v1/optim_step', stepRequest(`${sessionId}:train:1`, 1));
    expect(after.body['error']).toContain('could not be created');
  });

  it.each([
    [{ model_id: 'm', session_id: 's' }, 'not both'],
    [{ session_id: 's' }, 'model_id: missing'],
    [{ session_id: 's', model_seq_id: 0, seq_id: 1 }, 'model_id: missing'],
  ])('refuses the mixture %j', async (fields, text) => {
    await setUp();
    expect(await server.post(load, { path: path(), optimizer: true, ...fields })).toEqual({
      status: 400,
      body: { detail: expect.stringContaining(text) as unknown },
    });
  });
});

describe('weights_info', () => {
  it('tells what a checkpoint holds', async () => {
    await setUp();
    await saved(1);
    expect(await server.post(info, { tinker_path: path() })).toEqual({
      status: 200,
      body: { base_model: 'fake/one', is_lora: true, lora_rank: 4, train_unembed: true, train_mlp: true, train_attn: true },
    });
  });
});

describe('expiry', () => {
  it('keeps a checkpoint until its time is over, then deletes it and says so', async () => {
    await setUp();
    await saved(1, { ttl_seconds: 60 });
    server.clock.advance(59_999);
    expect((await server.post(info, { tinker_path: path() })).status).toBe(200);
    server.clock.advance(1);
    const text =
      `Checkpoint ${path()} expired at 2026-01-01T00:01:00.000Z and was deleted. Load another checkpoint; ` +
      'to keep one for longer, save with a larger ttlSeconds, or without it.';
    expect((await loaded(2)).body).toEqual({ error: text, category: 'user' });
    expect(await server.post(info, { tinker_path: path() })).toEqual({ status: 404, body: { detail: text } });
    await expect(stat(server.api.checkpoints.directoryOf(modelId, 'ck'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the longest time there is', async () => {
    await setUp();
    expect((await saved(1, { ttl_seconds: 3_153_600_000 })).body).toEqual({ path: path() });
  });

  it('deletes what expired while there was no server, and remembers it', async () => {
    await setUp();
    await saved(1, { ttl_seconds: 60 });
    await saved(2, { path: 'kept' });
    server.clock.advance(120_000);
    server = await server.crash();
    await expect(stat(server.api.checkpoints.directoryOf(modelId, 'ck'))).rejects.toMatchObject({ code: 'ENOENT' });
    server = await server.crash();
    expect((await server.post(info, { tinker_path: path() })).body['detail']).toContain('expired at');
    expect((await server.post(info, { tinker_path: path('kept') })).status).toBe(200);
  });

  it('lets the name of an expired checkpoint be used again', async () => {
    await setUp();
    await saved(1, { ttl_seconds: 60 });
    server.clock.advance(60_000);
    expect((await saved(2)).body).toEqual({ path: path() });
    server.clock.advance(120_000);
    expect((await loaded(3)).body).toEqual({ path: path(), model_id: modelId });
  });
});
