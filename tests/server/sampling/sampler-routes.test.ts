import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestApi, stepRequest, type Answer, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

const saveForSampler = '/api/v1/save_weights_for_sampler';
const create = '/api/v1/create_sampling_session';
const sample = '/api/v1/asample';

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

const saved = async (seqId: number, more: object): Promise<Answer> =>
  await server.poll(await server.submit(saveForSampler, { model_id: modelId, seq_id: seqId, ...more }));
const created = async (seqId: number, more: object, id = sessionId): Promise<Answer> =>
  await server.post(create, { session_id: id, sampling_session_seq_id: seqId, type: 'create_sampling_session', ...more });
const drawn = async (samplerId: string): Promise<Answer> =>
  await server.post(sample, { prompt: { chunks: [{ tokens: [1], type: 'encoded_text' }] }, sampling_params: { max_tokens: 1 }, sampling_session_id: samplerId, seq_id: 0 });
const ephemeralFolders = async (): Promise<string[]> => await readdir(join(server.api.options.dataDir, 'ephemeral')).catch(() => []);
const path = (name = 'ck'): string => `tinker://${modelId}/sampler_weights/${name}`;

describe('saving for sampling under a name', () => {
  it('answers with the path, and lists the checkpoint', async () => {
    expect(await saved(1, { path: 'ck' })).toEqual({ status: 200, body: { path: path() } });
    expect(server.api.checkpoints.list().map((checkpoint) => checkpoint.path)).toEqual([path()]);
    expect(server.api.ledger.report(modelId).operations.at(-1)).toMatchObject({ kind: 'save_weights_for_sampler', seqId: 1, outcome: 'done' });
  });

  it('does not collide with a training checkpoint, but with its like', async () => {
    await server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, seq_id: 1, path: 'ck' }));
    expect((await saved(2, { path: 'ck' })).body).toEqual({ path: path() });
    expect((await saved(3, { path: 'ck' })).body).toEqual({ error: `Checkpoint ${path()} exists already. Save under another name.`, category: 'user' });
  });

  it('expires when its time is over, and says so to who comes late', async () => {
    await saved(1, { path: 'ck', ttl_seconds: 60 });
    server.clock.advance(61_000);
    const answer = await created(0, { model_path: path() });
    expect(answer).toEqual({ status: 404, body: { detail: expect.stringContaining(`Checkpoint ${path()} expired at`) as unknown } });
  });

  it('waits for its turn, and comes before what has a higher number', async () => {
    const second = server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    await settle();
    await saved(1, { path: 'ck' });
    await server.poll(await second);
    expect(server.engine.calls.slice(-2)).toEqual([`saveCheckpoint ${modelId}`, `optimStep ${modelId}`]);
  });

  it('survives a restart', async () => {
    await saved(1, { path: 'ck' });
    const later = await server.crash();
    const session = await later.post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
    const answer = await later.post(create, { session_id: session.body['session_id'], sampling_session_seq_id: 0, model_path: path() });
    expect(answer.status).toBe(200);
    server = later;
  });

  it.each([
    [{}, 'path: give either path, to save under a name, or sampling_session_seq_id'],
    [{ path: 'ck', sampling_session_seq_id: 0 }, 'path: give either path'],
    [{ path: 'a/b' }, 'name: got "a/b"'],
    [{ path: 'ck', ttl_seconds: -1 }, 'ttlSeconds: got -1'],
  ])('refuses %j, and does not wait for its number', async (more, text) => {
    const answer = await server.post(saveForSampler, { model_id: modelId, seq_id: 1, ...more });
    expect(answer).toEqual({ status: 400, body: { detail: expect.stringContaining(text) as unknown } });
    expect((await saved(2, { path: 'ck' })).status).toBe(200);
  });
});

describe('saving for sampling without a name', () => {
  it('opens a sampling session on weights of its own', async () => {
    expect((await saved(1, { sampling_session_seq_id: 4 })).body).toEqual({ sampling_session_id: `${sessionId}:sample:4` });
    const sampler = server.api.samplers.require(`${sessionId}:sample:4`);
    expect(sampler).toMatchObject({ baseModel: 'fake/one', isEphemeral: true });
    expect((await stat(sampler.weights.adapter?.directory ?? '')).isDirectory()).toBe(true);
    expect(server.api.checkpoints.list()).toEqual([]);
  });

  it('gives a request sent again the same answer, although its sampling session has another number then', async () => {
    const first = await server.submit(saveForSampler, { model_id: modelId, seq_id: 1, sampling_session_seq_id: 0 });
    expect(await server.submit(saveForSampler, { model_id: modelId, seq_id: 1, sampling_session_seq_id: 1 })).toBe(first);
    expect((await server.poll(first)).body).toEqual({ sampling_session_id: `${sessionId}:sample:0` });
    expect((await server.post(saveForSampler, { model_id: modelId, seq_id: 1, path: 'ck' })).status).toBe(409);
  });

  it('fails when the number is another sampling session’s', async () => {
    await created(0, { base_model: 'fake/one' });
    expect((await saved(1, { sampling_session_seq_id: 0 })).body).toEqual({
      error: 'sampling_session_seq_id 0 of this session was used for another sampling session already; use the next number.',
      category: 'user',
    });
  });

  it('ends with its session, and leaves nothing on the disk', async () => {
    await saved(1, { sampling_session_seq_id: 0 });
    await saved(2, { sampling_session_seq_id: 1 });
    expect(await ephemeralFolders()).toHaveLength(2);
    server.clock.advance(server.api.options.sessionTimeoutMs + 1);
    server.api.sessions.sweep();
    await server.api.samplers.idle();
    expect(await ephemeralFolders()).toEqual([]);
    expect(server.engine.calls.filter((call) => call.startsWith('forgetAdapter'))).toHaveLength(2);
    expect((await drawn(`${sessionId}:sample:0`)).status).toBe(404);
  });

  it('leaves nothing when the session ends during the save', async () => {
    const release = server.engine.hold();
    const request = await server.submit(saveForSampler, { model_id: modelId, seq_id: 1, sampling_session_seq_id: 0 });
    server.clock.advance(server.api.options.sessionTimeoutMs + 1);
    server.api.sessions.sweep();
    release();
    await server.poll(request);
    await server.api.samplers.idle();
    expect(await ephemeralFolders()).toEqual([]);
  });

  it('is cleared away at the next start', async () => {
    await saved(1, { sampling_session_seq_id: 0 });
    server = await server.crash();
    expect(await ephemeralFolders()).toEqual([]);
    expect((await drawn(`${sessionId}:sample:0`)).body['detail']).toBe(
      `Sampling session not found: ${sessionId}:sample:0. Sampling sessions end with their session and with the server; create a new sampling client.`,
    );
  });

  it('is mentioned in the log when there are many', async () => {
    for (let n = 0; n < 100; n += 1) await saved(n + 1, { sampling_session_seq_id: n });
    expect(server.log.filter((line) => line.includes('holds 100 saves without a name'))).toHaveLength(1);
  });
});

describe('create_sampling_session', () => {
  it('opens one on a base model, and one on a checkpoint, and tells what they are', async () => {
    await saved(1, { path: 'ck' });
    expect(await created(0, { base_model: 'fake/one' })).toEqual({ status: 200, body: { sampling_session_id: `${sessionId}:sample:0` } });
    expect(await created(1, { base_model: 'fake/one', model_path: path() })).toEqual({ status: 200, body: { sampling_session_id: `${sessionId}:sample:1` } });
    const sampler = async (n: number): Promise<unknown> => await (await server.request('GET', `/api/v1/samplers/${sessionId}:sample:${n}`)).json();
    expect(await sampler(0)).toEqual({ sampler_id: `${sessionId}:sample:0`, base_model: 'fake/one' });
    expect(await sampler(1)).toEqual({ sampler_id: `${sessionId}:sample:1`, base_model: 'fake/one', model_path: path() });
    const session: unknown = await (await server.request('GET', `/api/v1/sessions/${sessionId}`)).json();
    expect(session).toMatchObject({ sampler_ids: [`${sessionId}:sample:0`, `${sessionId}:sample:1`] });
    expect((await server.request('GET', '/api/v1/samplers/x:sample:0')).status).toBe(404);
  });

  it('gives the same request the same answer, and another with its number none', async () => {
    const first = await created(0, { base_model: 'fake/one' });
    expect(await created(0, { base_model: 'fake/one' })).toEqual(first);
    await saved(1, { path: 'ck' });
    expect((await created(0, { model_path: path() })).status).toBe(400);
  });

  it.each([
    [{}, 400, 'base_model: missing; give base_model, or model_path'],
    [{ base_model: 'fake/two' }, 400, 'base_model: "fake/two" is not offered by this server; it offers fake/one.'],
    [{ model_path: 'tinker://r:train:0/weights/ck' }, 400, 'model_path: tinker://r:train:0/weights/ck is a training checkpoint; sampling needs one that was saved for it'],
    [{ model_path: 'ck' }, 400, 'model_path: got "ck"'],
    [{ model_path: 'tinker://r:train:0/sampler_weights/ck' }, 404, 'Checkpoint not found: tinker://r:train:0/sampler_weights/ck.'],
  ])('refuses %j', async (more, status, text) => {
    expect(await created(0, more)).toEqual({ status, body: { detail: expect.stringContaining(text) as unknown } });
  });

  it('refuses another base model than that of the checkpoint, a negative number and an unknown session', async () => {
    await saved(1, { path: 'ck' });
    expect((await created(0, { base_model: 'fake/two', model_path: path() })).body['detail']).toBe(`base_model: ${path()} was trained on fake/one, not on fake/two.`);
    expect((await created(-1, { base_model: 'fake/one' })).status).toBe(422);
    expect((await created(0, { base_model: 'fake/one' }, 'nobody')).status).toBe(404);
  });
});
