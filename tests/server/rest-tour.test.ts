import { expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar';
import { withLocalServer, type ServerProcess } from '../support/local-server.js';
import { adamStep, textPass, wireClient } from '../support/wire-client.js';

interface Listed {
  readonly checkpoint_id: string;
  readonly public: boolean;
  readonly expires_at?: string;
  readonly size_bytes: number;
}

async function call(server: ServerProcess, method: string, path: string, body?: object): Promise<Response> {
  const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
  const init = { method, headers, redirect: 'manual' as const };
  return await fetch(`${server.url}/api/v1/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
}

async function checkpoints(server: ServerProcess, path = 'checkpoints'): Promise<readonly Listed[]> {
  return ((await (await call(server, 'GET', path)).json()) as { checkpoints: readonly Listed[] }).checkpoints;
}

/** Asks until the archive is built; gives its address. */
async function archive(server: ServerProcess, path: string): Promise<string> {
  for (;;) {
    const response = await call(server, 'GET', path);
    if (response.status === 302) return response.headers.get('location') ?? '';
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    await response.text();
  }
}

it('saves, lists, publishes, packs, downloads, expires and deletes, over a kill of the server', async () => {
  const began = new Date();
  await withLocalServer(async (server) => {
    const wire = wireClient(server);
    const { sessionId, modelId } = await wire.openModel();
    await wire.run('forward_backward', textPass(modelId, 1));
    await wire.run('optim_step', adamStep(modelId, 2));
    await wire.run('save_weights', { model_id: modelId, seq_id: 3, path: 'kept' });
    await wire.run('save_weights_for_sampler', { model_id: modelId, seq_id: 4, path: 'kept' });
    await wire.run('save_weights', { model_id: modelId, seq_id: 5, path: 'mortal', ttl_seconds: 3600 });
    const run = `training_runs/${modelId}`;
    const ids = async (): Promise<string[]> => (await checkpoints(server, `${run}/checkpoints`)).map((listed) => listed.checkpoint_id);
    expect(await ids()).toEqual(['weights/mortal', 'sampler_weights/kept', 'weights/kept']);

    expect((await call(server, 'POST', `${run}/checkpoints/weights/kept/publish`)).status).toBe(204);
    expect((await call(server, 'PUT', `${run}/checkpoints/sampler_weights/kept/ttl`, { ttl_seconds: 7200 })).status).toBe(204);

    const url = await archive(server, `${run}/checkpoints/weights/kept/archive`);
    expect(url.startsWith(`${server.url}/download/`)).toBe(true);
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(whole.headers.get('content-length')).toBe(String(bytes.length));
    const half = Math.floor(bytes.length / 2);
    const parts = await Promise.all([`bytes=0-${half - 1}`, `bytes=${half}-`].map(async (range) => await fetch(url, { headers: { range } })));
    expect(parts.map(({ status }) => status)).toEqual([206, 206]);
    expect(Buffer.concat(await Promise.all(parts.map(async (part) => Buffer.from(await part.arrayBuffer()))))).toEqual(bytes);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(bytes.length));
    expect((await fetch(url.slice(0, -1))).status).toBe(403);
    await expectSameFiles(bytes, join(server.dataDir, 'checkpoints', modelId.replaceAll(':', '.'), 'kept'));

    expect((await call(server, 'DELETE', `${run}/checkpoints/weights/mortal`)).status).toBe(204);
    await server.restart();

    expect(await ids()).toEqual(['sampler_weights/kept', 'weights/kept']);
    const [sampler, training] = await checkpoints(server);
    expect([sampler?.expires_at, sampler?.public, training?.expires_at, training?.public]).toEqual([expect.any(String), false, undefined, true]);
    expect(training?.size_bytes).toBeGreaterThan(sampler?.size_bytes ?? Infinity);
    expect(await (await call(server, 'GET', 'training_runs')).json()).toMatchObject({
      training_runs: [{ training_run_id: modelId, last_checkpoint: { checkpoint_id: 'weights/kept' }, last_sampler_checkpoint: { checkpoint_id: 'sampler_weights/kept' } }],
      cursor: { total_count: 1 },
    });
    expect(await (await call(server, 'GET', 'sessions')).json()).toEqual({ sessions: [sessionId] });
    // The log is one of days, and midnight may have passed meanwhile.
    const days = new Set([began, new Date()].map((time) => time.toISOString().slice(0, 10)));
    const entries: { event: string }[] = [];
    for (const day of days) {
      entries.push(...((await (await call(server, 'GET', `audit?day=${day}`)).json()) as { entries: { event: string }[] }).entries);
    }
    expect(entries.map(({ event }) => event)).toEqual([...Array.from({ length: 3 }, () => 'checkpoint.created'), 'checkpoint.published', 'checkpoint.ttl', 'checkpoint.deleted']);
    // Another process has another key: what was signed before is worth nothing.
    expect((await fetch(url)).status).toBe(403);
    const again = Buffer.from(await (await fetch(await archive(server, `${run}/checkpoints/weights/kept/archive`))).arrayBuffer());
    await expectSameFiles(again, join(server.dataDir, 'checkpoints', modelId.replaceAll(':', '.'), 'kept'));
  });
}, 120_000);

async function expectSameFiles(archived: Buffer, directory: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tour-'));
  try {
    const file = join(folder, 'archive.tar.gz');
    await writeFile(file, archived);
    await extract({ file, cwd: folder });
    const names = ['adapter_config.json', 'adapter_model.safetensors', 'manifest.json', 'optimizer.safetensors'];
    expect((await readdir(folder)).sort()).toEqual(['archive.tar.gz', 'checkpoint_complete', ...names].sort());
    for (const name of names) expect(await readFile(join(folder, name))).toEqual(await readFile(join(directory, name)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
