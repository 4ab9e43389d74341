import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { saveCheckpoint } from '../../../src/server/checkpoints/checkpoint-saving.js';
import { openTestApi, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId } = await server.openModel());
});
afterEach(async () => {
  await server.close();
});

async function save(name: string, kind: 'weights' | 'sampler_weights' = 'weights', ttlSeconds?: number): Promise<string> {
  return await saveCheckpoint(server.api, { modelId, name, kind, ttlSeconds, overwrite: false });
}

const address = (id: string, run = modelId): string => `/api/v1/training_runs/${run}/checkpoints/${id}`;

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const response = await server.request(method, path, body);
  return { status: response.status, text: await response.text() };
}

async function listed(): Promise<unknown> {
  const response = await server.request('GET', '/api/v1/checkpoints');
  return await response.json();
}

const paths = async (): Promise<unknown> => {
  const { checkpoints } = JSON.parse(JSON.stringify(await listed())) as { checkpoints: { tinker_path: string }[] };
  return checkpoints.map(({ tinker_path: path }) => path);
};

const refused = (status: number, text: string): object => ({ status, text: expect.stringContaining(text) as unknown });

describe('deleting a checkpoint', () => {
  it('removes it from disk and listings, and leaves its namesake of the other kind', async () => {
    await save('ck');
    const sampler = await save('ck', 'sampler_weights');
    expect(await send('DELETE', address('weights/ck'))).toEqual({ status: 204, text: '' });
    await expect(stat(server.api.checkpoints.directoryOf(modelId, 'ck'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await paths()).toEqual([sampler]);
    expect(await send('DELETE', address('weights/ck'))).toEqual(refused(404, `Checkpoint not found: tinker://${modelId}/weights/ck.`));
    expect(await send('DELETE', address('sampler_weights/ck'))).toEqual({ status: 204, text: '' });
    expect(await paths()).toEqual([]);
  });

  it('takes colons written as %3A', async () => {
    await save('ck');
    expect((await send('DELETE', address('weights/ck', modelId.replaceAll(':', '%3A')))).status).toBe(204);
  });

  it('deletes a checkpoint that is named as one of the calls', async () => {
    const path = await save('publish');
    expect(await send('DELETE', address('weights/publish'))).toEqual({ status: 204, text: '' });
    expect(await paths()).not.toContain(path);
  });

  it('leaves nothing behind when it is cut short after the checkpoint went out of sight', async () => {
    await save('ck');
    const run = join(server.api.options.dataDir, 'checkpoints', modelId.replaceAll(':', '.'));
    await rename(join(run, 'ck'), join(run, '.saving.0123456789ab'));
    server = await server.crash();
    expect(await readdir(run)).toEqual([]);
    expect(await paths()).toEqual([]);
  });
});

describe('a checkpoint that is being overwritten', () => {
  it('is changed or deleted after the save, not under it', async () => {
    await save('ck', 'weights', 60);
    const release = server.engine.hold();
    const saving = saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds: undefined, overwrite: true });
    await settle();
    server.clock.advance(50_000);
    const answers = [send('POST', address('weights/ck/publish')), send('PUT', address('weights/ck/ttl'), { ttl_seconds: 60 })];
    await settle();
    server.clock.advance(20_000);
    release();
    await saving;
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([204, 204]);
    expect(await listed()).toMatchObject({ checkpoints: [{ public: true }] });
    expect((await send('DELETE', address('weights/ck'))).status).toBe(204);
  });

  it('is not removed under the save when it expires meanwhile', async () => {
    const path = await save('ck', 'weights', 60);
    const release = server.engine.hold();
    const saving = saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds: undefined, overwrite: true });
    await settle();
    server.clock.advance(60_000);
    await server.api.checkpoints.sweep();
    expect(await paths()).toEqual([]);
    release();
    expect(await saving).toBe(path);
    expect(await paths()).toEqual([path]);
  });
});

describe('publishing a checkpoint', () => {
  it('can be done once, and undone once', async () => {
    await save('ck');
    expect(await send('POST', address('weights/ck/publish'))).toEqual({ status: 204, text: '' });
    expect(await send('POST', address('weights/ck/publish'))).toEqual(refused(409, 'is public already'));
    expect(await listed()).toMatchObject({ checkpoints: [{ public: true }] });
    expect(await send('DELETE', address('weights/ck/publish'))).toEqual({ status: 204, text: '' });
    expect(await send('DELETE', address('weights/ck/publish'))).toEqual(refused(409, 'is private already'));
    expect(await listed()).toMatchObject({ checkpoints: [{ public: false }] });
  });

  it('tells clients not to send a conflict again', async () => {
    await save('ck');
    const response = await server.request('DELETE', address('weights/ck/publish'));
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  it('survives a restart', async () => {
    await save('ck', 'sampler_weights');
    await send('POST', address('sampler_weights/ck/publish'));
    server = await server.crash();
    expect(await listed()).toMatchObject({ checkpoints: [{ checkpoint_id: 'sampler_weights/ck', public: true }] });
  });

  it('ends when the checkpoint is overwritten', async () => {
    await save('ck');
    await send('POST', address('weights/ck/publish'));
    await saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds: undefined, overwrite: true });
    expect(await listed()).toMatchObject({ checkpoints: [{ public: false }] });
  });
});

describe('the time to live', () => {
  it('counts from the call, and the checkpoint is gone when it is over', async () => {
    const path = await save('ck', 'weights', 60);
    server.clock.advance(50_000);
    expect(await send('PUT', address('weights/ck/ttl'), { ttl_seconds: 100 })).toEqual({ status: 204, text: '' });
    expect(await listed()).toMatchObject({ checkpoints: [{ expires_at: '2026-01-01T00:02:30Z' }] });
    server.clock.advance(99_999);
    expect(await paths()).toEqual([path]);
    server.clock.advance(1);
    expect(await paths()).toEqual([]);
    await expect(stat(server.api.checkpoints.directoryOf(modelId, 'ck'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await send('PUT', address('weights/ck/ttl'), { ttl_seconds: 100 })).toEqual(
      refused(404, `Checkpoint ${path} expired at 2026-01-01T00:02:30.000Z and was deleted.`),
    );
    const loaded = await server.poll(await server.submit('/api/v1/load_weights', { model_id: modelId, seq_id: 1, path, optimizer: true }));
    expect(loaded.body).toEqual({ category: 'user', error: expect.stringContaining('expired at 2026-01-01T00:02:30.000Z') as unknown });
  });

  it('is removed by null, and that survives a restart', async () => {
    const path = await save('ck', 'weights', 60);
    expect((await send('PUT', address('weights/ck/ttl'), { ttl_seconds: null })).status).toBe(204);
    server = await server.crash();
    server.clock.advance(3_600_000);
    expect(await paths()).toEqual([path]);
    expect(await listed()).not.toMatchObject({ checkpoints: [{ expires_at: expect.anything() as unknown }] });
  });

  it('is over also when no server ran at that moment', async () => {
    await save('ck', 'sampler_weights', 60);
    const { dataDir } = server.api.options;
    server.clock.advance(30_000);
    server = await server.crash();
    server.clock.advance(30_000);
    expect(await paths()).toEqual([]);
    expect(await readdir(join(dataDir, 'sampler-checkpoints', modelId.replaceAll(':', '.')))).toEqual([]);
  });

  it.each([0, -1, 3_153_600_001])('refuses %d seconds', async (seconds) => {
    await save('ck');
    expect(await send('PUT', address('weights/ck/ttl'), { ttl_seconds: seconds })).toEqual(refused(400, `ttlSeconds: got ${seconds}`));
  });

  it('refuses what is no number of seconds', async () => {
    await save('ck');
    expect(await send('PUT', address('weights/ck/ttl'), { ttl_seconds: 'soon' })).toEqual(refused(422, 'ttl_seconds'));
    expect(await send('PUT', address('weights/ck/ttl'), '{"ttl_seconds":')).toEqual(refused(400, 'The body is not JSON'));
    server = await server.crash({ maxBodyBytes: 1024 });
    expect(await send('PUT', address('weights/ck/ttl'), { ttl_seconds: 1, more: 'x'.repeat(1024) })).toEqual(refused(413, 'larger than 1024 bytes'));
  });
});

const calls = [
  ['DELETE', ''],
  ['POST', '/publish'],
  ['DELETE', '/publish'],
  ['PUT', '/ttl'],
  ['GET', '/archive'],
] as const;

describe('addresses of checkpoints', () => {
  it.each(calls)('%s …%s: an id without its kind is refused, an unknown one is not found, a key is needed', async (method, call) => {
    await save('ck');
    const body = method === 'PUT' ? { ttl_seconds: 1 } : undefined;
    const wording = "Invalid checkpoint identifier. Expected format 'weights/<name>'";
    expect(await send(method, address(`ck${call}`), body)).toEqual(refused(400, wording));
    expect(await send(method, address(`other/ck${call}`), body)).toEqual(refused(400, wording));
    expect(await send(method, address(`weights/none${call}`), body)).toEqual(refused(404, 'Checkpoint not found'));
    expect(await send(method, address(`weights/ck${call}`, 'no-such-run'), body)).toEqual(refused(404, 'Checkpoint not found'));
    const keyless = await server.request(method, address(`weights/ck${call}`), body, { 'x-api-key': '' });
    expect(keyless.status).toBe(401);
  });

  it.each([
    '..%2F..%2Fsecret',
    '..%2f..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f%2e%2e',
    '..%5C..%5Csecret',
    '.saving.0123456789ab',
    'a%00b',
    'a%0Ab',
    '%20',
    'x'.repeat(256),
    '%F0%9F%92%A3',
  ])('refuses the name %s with a detail of known length, and touches nothing', async (name) => {
    const path = await save('ck');
    for (const [method, call] of calls) {
      const response = await server.request(method, address(`weights/${name}${call}`), method === 'PUT' ? { ttl_seconds: 1 } : undefined);
      const text = await response.text();
      expect([response.status, response.headers.get('content-length')]).toEqual([400, String(Buffer.byteLength(text))]);
      expect(JSON.parse(text)).toEqual({ detail: expect.stringContaining('expected') as unknown });
    }
    expect(await paths()).toEqual([path]);
  });

  it.each(['..%2F..%2Fother', '%2e%2e%2fx', 'a%20b', 'session.train.0', '..%00'])('finds nothing for the run %s', async (run) => {
    await save('ck');
    for (const [method, call] of calls) {
      const { status } = await send(method, address(`weights/ck${call}`, run), method === 'PUT' ? { ttl_seconds: 1 } : undefined);
      expect([400, 404]).toContain(status);
    }
    expect(await paths()).toHaveLength(1);
  });
});
