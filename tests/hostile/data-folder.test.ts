import { afterEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptApiKey, openDataDir } from '../../src/server/data-dir.js';
import { openTestApi, type TestApi } from '../support/local-api.js';
import { temporaryFolder } from '../support/temporary.js';
import { fragments } from './support/fragments.js';
import { hostileNames } from './support/hostile-requests.js';
import { toldOfInside } from './support/harm.js';

const open: { readonly server: TestApi; readonly around: string }[] = [];
afterEach(async () => {
  for (const { server, around } of open.splice(0)) {
    await server.close();
    await rm(around, { recursive: true });
  }
});

/** A server whose data folder lies beside others that it must leave alone. */
async function opened(): Promise<{ server: TestApi; around: string; dataDir: string; modelId: string; sessionId: string }> {
  const around = await mkdtemp(join(tmpdir(), 'tinkerjs-test-'));
  const dataDir = join(around, 'data');
  const server = await openTestApi({}, dataDir);
  open.push({ server, around });
  return { server, around, dataDir, ...(await server.openModel()) };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const names = [...hostileNames.map((name) => safely(decodeURIComponent, name)), '../../../x', '/etc/x', 'a/b', '..', '.', '', ' ', '\0', 'x\0y', '\u202e', 'x'.repeat(300), '.hidden', 'CON', 'a\\b', 'a:b', ...texts()];

/** The name as it is where it cannot be changed. */
function safely(change: (name: string) => string, name: string): string {
  try {
    return change(name);
  } catch {
    return name;
  }
}

function texts(): string[] {
  return fragments.filter((text) => text.startsWith('"')).flatMap((text): string[] => {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? [value] : [];
  });
}

describe('names that lead elsewhere', () => {
  it('lead a checkpoint nowhere but into the data folder, whatever is saved, loaded, described, changed or removed', async () => {
    const { server, around, dataDir, modelId, sessionId } = await opened();
    await writeFile(join(around, 'manifest.json'), '{}');
    const before = (await readdir(around)).sort();
    let seqId = 0;
    for (const name of names) {
      for (const path of ['save_weights', 'save_weights_for_sampler']) {
        const { status, body } = await server.post(`/api/v1/${path}`, { model_id: modelId, seq_id: (seqId += 1), path: name, overwrite: true });
        if (status === 200) await server.poll(String(body['request_id']));
      }
      for (const path of [name, `tinker://${name}/weights/x`, `tinker://${modelId}/weights/${name}`, `tinker://${modelId}/${name}/x`]) {
        const told = [
          await server.post('/api/v1/weights_info', { tinker_path: path }),
          await server.post('/api/v1/load_weights', { session_id: sessionId, model_seq_id: 900, path, optimizer: true }),
          await server.post('/api/v1/create_sampling_session', { session_id: sessionId, sampling_session_seq_id: 5, model_path: path }),
        ];
        for (const { status, body } of told) {
          expect(status).toBeLessThan(500);
          expect(toldOfInside(JSON.stringify(body), [around])).toEqual([]);
        }
      }
      for (const [method, end] of [['DELETE', ''], ['GET', '/archive'], ['POST', '/publish'], ['PUT', '/ttl']] as const) {
        const target = `/api/v1/training_runs/${encodeURIComponent(modelId)}/checkpoints/weights/${safely(encodeURIComponent, name)}${end}`;
        expect((await server.request(method, target, method === 'PUT' ? { ttl_seconds: 5 } : undefined)).status).toBeLessThan(500);
      }
    }
    expect((await readdir(around)).sort()).toEqual(before);
    const kept = await readdir(join(dataDir, 'checkpoints'), { recursive: true });
    expect(kept.filter((path) => !/^[0-9a-f-]{36}\.train\.0(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}(\/[a-z_]+\.(json|safetensors))?)?$/.test(path))).toEqual([]);
    expect(seqId).toBeGreaterThan(100);
  });

  it('lead the audit log, tokenizers and downloads nowhere', async () => {
    const { server, around } = await opened();
    for (const name of hostileNames) {
      for (const path of [`/api/v1/audit?day=${name}`, `/tokenizers/${name}/tokenizer.json`, `/tokenizers/fake/one/${name}`, `/download/${name}/${name}`, `/download/${name}`]) {
        const response = await server.request('GET', path);
        expect([path, response.status < 500, toldOfInside(await response.text(), [around])]).toEqual([path, true, []]);
      }
    }
  });
});

describe('symbolic links in the data folder', () => {
  it.each(['checkpoints', 'sessions', 'audit/2026-01-01.jsonl', 'checkpoints/x.train.0', 'checkpoints/x.train.0/a'])('keep the server from starting: %s', async (place) => {
    const around = await temporaryFolder();
    const [dataDir, elsewhere] = [join(around, 'data'), join(around, 'elsewhere')];
    await mkdir(elsewhere);
    await mkdir(join(dataDir, place, '..'), { recursive: true });
    await symlink(elsewhere, join(dataDir, place));
    await expect(openDataDir(dataDir)).rejects.toMatchObject({ kind: 'validation', field: 'dataDir', message: expect.stringContaining(`${join(dataDir, place)} is a symbolic link`) });
    await rm(join(dataDir, place));
    await (await openDataDir(dataDir)).release();
  });

  it('are not followed when they come later: nothing is read, written or removed behind them', async () => {
    const { server, around, dataDir, modelId } = await opened();
    const save = async (name: string, seqId: number, more: object = {}) => server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, seq_id: seqId, path: name, overwrite: true, ...more }));
    await save('kept', 1);
    await save('short', 2, { ttl_seconds: 60 });
    const [folder, outside] = [join(dataDir, 'checkpoints', modelId.replaceAll(':', '.')), join(around, 'outside')];
    await rename(folder, outside);
    await symlink(outside, folder);
    const there = (await readdir(outside, { recursive: true })).sort();
    expect(await save('more', 3)).toMatchObject({ body: { error: expect.stringContaining('symbolic link') } });
    const path = `tinker://${modelId}/weights/kept`;
    expect(await server.post('/api/v1/weights_info', { tinker_path: path })).toMatchObject({ status: 500, body: { detail: expect.stringContaining('symbolic link') } });
    await server.request('DELETE', `/api/v1/training_runs/${modelId}/checkpoints/weights/kept`);
    server.clock.advance(61_000);
    await server.api.checkpoints.sweep();
    expect(server.log).toContainEqual(expect.stringContaining('has expired but cannot be deleted: its folder is a symbolic link'));
    expect((await readdir(outside, { recursive: true })).sort()).toEqual(there);
  });

  it('stand for no file of a checkpoint', async () => {
    const { server, around, dataDir, modelId } = await opened();
    await server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, seq_id: 1, path: 'kept' }));
    const manifest = join(dataDir, 'checkpoints', modelId.replaceAll(':', '.'), 'kept', 'manifest.json');
    await rename(manifest, join(around, 'moved.json'));
    await symlink(join(around, 'moved.json'), manifest);
    const told = await server.post('/api/v1/weights_info', { tinker_path: `tinker://${modelId}/weights/kept` });
    expect(told).toEqual({ status: 500, body: { detail: `Checkpoint "tinker://${modelId}/weights/kept" cannot be read: it is not a regular file` } });
  });
});

describe('what the server keeps', () => {
  it('is for its owner only: the data folder, keys, and every file', async () => {
    const { server, dataDir, modelId } = await opened();
    await server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, seq_id: 1, path: 'kept' }));
    await keptApiKey(dataDir);
    expect(await modeOf(dataDir)).toBe(0o700);
    const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
    const modes = await Promise.all(entries.map(async (entry) => [join(entry.parentPath, entry.name), await modeOf(join(entry.parentPath, entry.name))] as const));
    expect(modes.filter(([, mode]) => (mode & 0o077) !== 0)).toEqual([]);
    expect(modes.length).toBeGreaterThan(8);
  });

  it('is made private again where a key was copied', async () => {
    const dataDir = await temporaryFolder();
    const key = await keptApiKey(dataDir);
    await chmod(join(dataDir, 'api-key'), 0o644);
    expect(await keptApiKey(dataDir)).toBe(key);
    expect(await modeOf(join(dataDir, 'api-key'))).toBe(0o600);
  });
});
