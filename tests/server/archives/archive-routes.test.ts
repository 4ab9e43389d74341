import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { extract, list } from 'tar';
import { archiveKey, buildArchive } from '../../../src/server/archives/archive-build.js';
import { saveCheckpoint } from '../../../src/server/checkpoints/checkpoint-saving.js';
import { parseCheckpointPath } from '../../../src/types/ids.js';
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

async function save(kind: 'weights' | 'sampler_weights' = 'weights', overwrite = false): Promise<void> {
  await saveCheckpoint(server.api, { modelId, name: 'ck', kind, ttlSeconds: undefined, overwrite });
}

const archivePath = (kind = 'weights'): string => `/api/v1/training_runs/${modelId}/checkpoints/${kind}/ck/archive`;

async function archive(kind = 'weights'): Promise<Response> {
  return await server.request('GET', archivePath(kind));
}

/** Asks, and comes back when the answer is being held. */
async function heldArchive(): Promise<{ readonly answer: Promise<Response> }> {
  const before = server.clock.pending;
  const answer = archive();
  while (server.clock.pending === before) await settle();
  return { answer };
}

async function location(kind = 'weights'): Promise<string> {
  return (await archive(kind)).headers.get('location') ?? '';
}

/** Downloads without a key. */
async function download(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await server.request(method, url, undefined, { 'x-api-key': '', ...headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

async function unpacked(bytes: Buffer, use: (folder: string, entries: readonly string[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  try {
    const file = join(folder, 'archive.tar.gz');
    await writeFile(file, bytes);
    const entries: string[] = [];
    await list({ file, onReadEntry: (entry) => entries.push(`${entry.type} ${entry.path}`) });
    await extract({ file, cwd: folder });
    await rm(file);
    await use(folder, entries.sort());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the archive of a checkpoint', () => {
  it('is announced when building it takes longer than a request is held', async () => {
    await save();
    const parsed = parseCheckpointPath(server.api.checkpoints.pathOf(modelId, 'ck'));
    if (E.isLeft(parsed)) throw parsed.left;
    const found = await server.api.checkpoints.require(parsed.right);
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const building = server.api.files.get(archiveKey(parsed.right.path, found.manifest), async (to) => {
      await held;
      await buildArchive(found, to);
    });
    const first = await heldArchive();
    server.clock.advance(server.api.options.pollHoldMs);
    const { status, headers } = await first.answer;
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    const second = await heldArchive();
    finish();
    expect([(await second.answer).status, await building]).toEqual([302, undefined]);
  });

  it('is redirected to', async () => {
    await save();
    const second = await server.request('GET', `http://gpu-box.example:8123${archivePath()}`);
    expect([second.status, second.headers.get('content-length'), second.headers.get('expires')]).toEqual([302, '0', 'Thu, 01 Jan 2026 00:15:00 GMT']);
    const url = new URL(second.headers.get('location') ?? '');
    expect(url.origin).toBe('http://gpu-box.example:8123');
    expect(url.pathname).toMatch(new RegExp(`^/download/[0-9a-f]{64}/${modelId.replaceAll(':', '\\.')}_weights_ck\\.tar\\.gz$`));
  });

  it('holds the files of a training checkpoint, exactly as they were saved', async () => {
    await save();
    const { status, headers, bytes } = await download(await location());
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/gzip');
    expect(headers.get('content-length')).toBe(String(bytes.length));
    const directory = server.api.checkpoints.directoryOf(modelId, 'ck');
    await unpacked(bytes, async (folder, entries) => {
      const names = ['adapter_config.json', 'adapter_model.safetensors', 'checkpoint_complete', 'manifest.json', 'optimizer.safetensors'];
      expect(entries).toEqual(names.map((name) => `File ${name}`));
      for (const name of names.filter((file) => file !== 'checkpoint_complete')) {
        expect(await readFile(join(folder, name))).toEqual(await readFile(join(directory, name)));
      }
    });
  });

  it('holds the adapter of a sampler checkpoint, and nothing of the server', async () => {
    await save('sampler_weights');
    const { bytes } = await download(await location('sampler_weights'));
    await unpacked(bytes, async (_, entries) => {
      await Promise.resolve();
      expect(entries).toEqual(['File adapter_config.json', 'File adapter_model.safetensors', 'File checkpoint_complete']);
    });
  });

  it('is built once for all who ask, and kept', async () => {
    await save();
    const answers = await Promise.all([1, 2, 3].map(async () => (await archive()).status));
    expect(answers).toEqual([302, 302, 302]);
    expect(await readdir(join(server.api.options.dataDir, 'downloads'))).toHaveLength(1);
    expect((await archive()).status).toBe(302);
  });

  it('goes with its checkpoint', async () => {
    await save();
    const url = await location();
    await server.request('DELETE', archivePath().replace('/archive', ''));
    expect((await download(url)).status).toBe(404);
    expect((await archive()).status).toBe(404);
    await server.api.files.idle();
    expect(await readdir(join(server.api.options.dataDir, 'downloads'))).toEqual([]);
  });

  it('is another one when the checkpoint is overwritten', async () => {
    await save();
    const old = await location();
    server.clock.advance(1000);
    await save('weights', true);
    expect((await download(old)).status).toBe(404);
    expect(new URL(await location()).pathname).not.toBe(new URL(old).pathname);
  });

  it('is refused when a file of the checkpoint is damaged', async () => {
    await save();
    await writeFile(join(server.api.checkpoints.directoryOf(modelId, 'ck'), 'optimizer.safetensors'), 'rubbish');
    const answer = await archive();
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([500, 'false']);
    expect(await answer.json()).toEqual({ detail: expect.stringContaining('optimizer.safetensors does not match the manifest') as unknown });
    expect(await readdir(join(server.api.options.dataDir, 'downloads'))).toEqual([]);
  });

  it('takes no links, wherever they lead', async () => {
    await save();
    const file = join(server.api.checkpoints.directoryOf(modelId, 'ck'), 'adapter_config.json');
    await rm(file);
    await symlink('/etc/passwd', file);
    expect(await (await archive()).json()).toEqual({ detail: expect.stringContaining('adapter_config.json is not a regular file') as unknown });
  });
});

describe('a download', () => {
  it('gives parts of the file', async () => {
    await save();
    const url = await location();
    const whole = await download(url);
    const size = whole.bytes.length;
    const part = await download(url, { range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([206, `bytes 10-19/${size}`, '10']);
    expect(part.bytes).toEqual(whole.bytes.subarray(10, 20));
    const rest = await download(url, { range: 'bytes=20-', 'if-range': whole.headers.get('etag') ?? '' });
    expect([rest.status, rest.bytes]).toEqual([206, whole.bytes.subarray(20)]);
    expect((await download(url, { range: 'bytes=-5' })).bytes).toEqual(whole.bytes.subarray(-5));
    expect([whole.headers.get('accept-ranges'), whole.headers.get('etag')]).toEqual(['bytes', expect.stringMatching(/^"[0-9a-f]{64}"$/)]);
  });

  it('gives the whole file when the part is of another one, and refuses a part that is not there', async () => {
    await save();
    const url = await location();
    const size = (await download(url)).bytes.length;
    const other = await download(url, { range: 'bytes=10-', 'if-range': '"another"' });
    expect([other.status, other.bytes.length]).toEqual([200, size]);
    const beyond = await download(url, { range: `bytes=${size}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  });

  it('tells its size without being sent', async () => {
    await save();
    const url = await location();
    const size = String((await download(url)).bytes.length);
    const head = await download(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, size, 0]);
  });

  it('is refused without the right signature, and when that has expired', async () => {
    await save();
    const url = new URL(await location());
    const changed = (name: string, value: string): string => {
      const other = new URL(url);
      other.searchParams.set(name, value);
      return other.href;
    };
    const forged = [
      `${url.origin}${url.pathname}`,
      changed('signature', '0'.repeat(64)),
      changed('signature', 'zz'),
      changed('signature', `${url.searchParams.get('signature') ?? ''}zz`),
      changed('expires', String(Number(url.searchParams.get('expires')) + 1)),
      url.href.replace('_weights_ck', '_weights_other'),
    ];
    for (const address of forged) {
      const { status, bytes } = await download(address);
      expect([status, bytes.toString()]).toEqual([403, '{"detail":"The signature of this address is wrong. Ask for the address again."}']);
    }
    server.clock.advance(15 * 60_000 - 1);
    expect((await download(url.href)).status).toBe(200);
    server.clock.advance(1);
    const { status, bytes } = await download(url.href);
    expect([status, bytes.toString()]).toEqual([403, '{"detail":"The signature of this address has expired. Ask for the address again."}']);
  });

  it.each(['/download/', '/download/a', '/download/..%2f..%2fapi-key/x', '/download/%2e%2e%2f/api-key'])('finds nothing at %s', async (path) => {
    expect([403, 404]).toContain((await download(path)).status);
  });
});
