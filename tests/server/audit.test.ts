import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLog } from '../../src/server/audit/audit-log.js';
import { saveCheckpoint } from '../../src/server/checkpoints/checkpoint-saving.js';
import { openTestApi, type TestApi } from '../support/local-api.js';
import { ManualClock } from '../support/manual-clock.js';

const day = 24 * 3_600_000;

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId } = await server.openModel());
});
afterEach(async () => {
  await server.close();
});

async function audit(query = ''): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await server.request('GET', `/api/v1/audit${query}`);
  return { status: response.status, body: JSON.parse(await response.text()) as Record<string, unknown> };
}

const events = async (query = ''): Promise<unknown> => ((await audit(query)).body['entries'] as { event: string }[]).map(({ event }) => event);

async function save(overwrite = false, ttlSeconds?: number): Promise<string> {
  return await saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds, overwrite });
}

const folder = (): string => join(server.api.options.dataDir, 'audit');

describe('the audit log', () => {
  it('tells what happened to checkpoints, in order', async () => {
    const path = await save();
    const at = `/api/v1/training_runs/${modelId}/checkpoints/weights/ck`;
    server.clock.advance(1500);
    await server.poll(await server.submit('/api/v1/load_weights', { model_id: modelId, seq_id: 1, path, optimizer: true }));
    await server.request('POST', `${at}/publish`);
    await server.request('DELETE', `${at}/publish`);
    await server.request('PUT', `${at}/ttl`, { ttl_seconds: 60 });
    await save(true);
    await server.request('DELETE', at);
    await save(false, 60);
    server.clock.advance(60_000);
    await server.api.checkpoints.sweep();
    const names = ['created', 'loaded', 'published', 'unpublished', 'ttl', 'replaced', 'created', 'deleted', 'created', 'expired'];
    expect(await events()).toEqual(names.map((name) => `checkpoint.${name}`));
    const { body } = await audit('?event_type=checkpoints&day=2026-01-01');
    const facts = { model_id: modelId, tinker_path: path, purpose: 'training' };
    expect((body['entries'] as unknown[]).slice(0, 2)).toEqual([
      { timestamp: '2026-01-01T00:00:00Z', event: 'checkpoint.created', ...facts },
      { timestamp: '2026-01-01T00:00:01.500000Z', event: 'checkpoint.loaded', ...facts },
    ]);
  });

  it('is kept by day, over restarts, for three months', async () => {
    await save();
    server.clock.advance(day);
    await save(true);
    await server.api.audit.flush();
    expect(await readdir(folder())).toEqual(['2026-01-01.jsonl', '2026-01-02.jsonl']);
    server = await server.crash();
    expect(await events()).toEqual(['checkpoint.replaced', 'checkpoint.created']);
    expect(await events('?day=2026-01-01')).toEqual(['checkpoint.created']);
    expect(await events('?day=2025-12-31')).toEqual([]);
    const clock = new ManualClock(server.clock.now());
    clock.advance(90 * day);
    await new AuditLog(server.api.options.dataDir, clock, () => undefined).open();
    expect(await readdir(folder())).toEqual(['2026-01-02.jsonl']);
  });

  it('leaves out a line that was cut short', async () => {
    await save();
    await server.api.audit.flush();
    await appendFile(join(folder(), '2026-01-01.jsonl'), '{"timestamp":"2026-01-01T00');
    expect(await events()).toEqual(['checkpoint.created']);
  });

  it('says in the log of the server when it cannot be written', async () => {
    await writeFile(join(server.api.options.dataDir, 'file'), '');
    await rm(folder(), { recursive: true });
    await symlink(join(server.api.options.dataDir, 'file'), folder());
    await save();
    await server.api.audit.flush();
    expect(server.log.some((line) => line.startsWith('cannot write the audit log: '))).toBe(true);
  });

  it.each(['today', '2026-1-1', '2026-02-30', '../../api-key', '2026-01-01T00:00:00Z'])('refuses the day %s', async (given) => {
    expect(await audit(`?day=${encodeURIComponent(given)}`)).toEqual({
      status: 400,
      body: { detail: `day: got ${JSON.stringify(given)}, expected a day in UTC as YYYY-MM-DD` },
    });
  });

  it('refuses a kind of event that there is not', async () => {
    expect((await audit('?event_type=logins')).status).toBe(422);
  });
});
