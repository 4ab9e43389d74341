import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { DownloadOptions, DownloadProgress } from '../../src/rest/rest-download.js';
import { archiveHost, breaking, file, signed, status, type ArchiveHost } from '../support/archive-host.js';
import { rejection } from '../support/clients.js';
import { tarOf, type TarEntry } from '../support/tar.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

const path = 'tinker://r/sampler_weights/a';
const entries: readonly TarEntry[] = [
  { path: 'adapter_config.json', content: '{"r":8}' },
  { path: 'adapter_model.safetensors', content: 'weights '.repeat(20_000) },
];
const archive = tarOf(entries);
const extracted = { 'adapter_config.json': '{"r":8}', 'adapter_model.safetensors': 'weights '.repeat(20_000) };

interface Downloads extends ArchiveHost {
  readonly root: string;
  readonly target: string;
  readonly start: (options?: DownloadOptions) => ReturnType<ArchiveHost['rest']['downloadCheckpoint']>;
}

async function downloads(): Promise<Downloads> {
  const host = await archiveHost();
  const root = await temporaryFolder();
  const target = join(root, 'target');
  return { ...host, root, target, start: (options) => host.rest.downloadCheckpoint(path, target, options) };
}

/** A promise, and what resolves it once so many bytes have come. */
function taken(count: number): { readonly isTaken: Promise<void>; readonly onProgress: (progress: DownloadProgress) => void } {
  let take: () => void = () => undefined;
  const isTaken = new Promise<void>((resolve) => {
    take = resolve;
  });
  return { isTaken, onProgress: ({ phase, bytes }) => (phase === 'downloading' && bytes >= count ? take() : undefined) };
}

describe('downloadCheckpoint', () => {
  it('makes a folder of the archive', async () => {
    const { signs, stores, start, target, root, fetched, asked } = await downloads();
    signs(signed());
    stores(file(archive));
    const told: DownloadProgress[] = [];
    expect(await start({ onProgress: (progress) => told.push(progress) })).toEqual({
      directory: target,
      files: [{ name: 'adapter_config.json', bytes: 7 }, { name: 'adapter_model.safetensors', bytes: 160_000 }],
      bytes: 160_007,
      hasCompleteMarker: false,
    });
    expect(await contentsOf(root)).toEqual({ target: null, 'target/adapter_config.json': '{"r":8}', 'target/adapter_model.safetensors': extracted['adapter_model.safetensors'] });
    expect(told.filter(({ phase }) => phase === 'downloading').at(-1)).toEqual({ phase: 'downloading', bytes: archive.length, totalBytes: archive.length });
    expect(told.at(-1)).toEqual({ phase: 'extracting', bytes: 160_007, totalBytes: 160_007 });
    expect(asked.map(({ headers }) => headers['x-api-key'])).toEqual(['tml-secret-key']);
    expect(JSON.stringify(fetched[0]?.rawHeaders)).not.toContain('tml-secret-key');
  });

  it('takes gzip, and notes the marker of a complete checkpoint', async () => {
    const { signs, stores, start, target } = await downloads();
    signs(signed());
    stores(file(gzipSync(tarOf([{ path: 'sub/x', content: 'x' }, { path: 'checkpoint_complete' }]))));
    expect(await start()).toMatchObject({ bytes: 1, hasCompleteMarker: true });
    expect(await contentsOf(target)).toEqual({ sub: null, 'sub/x': 'x', checkpoint_complete: '' });
  });

  it('takes an archive whose size nobody tells', async () => {
    const { signs, stores, start, target } = await downloads();
    signs(signed());
    stores((_, response) => response.writeHead(200).end(archive));
    await start();
    expect(await contentsOf(target)).toEqual(extracted);
  });

  it('goes on where the connection broke', async () => {
    const { signs, stores, start, target, fetched, time } = await downloads();
    const { isTaken, onProgress } = taken(1000);
    signs(signed());
    stores(breaking(archive, 1000, isTaken), file(archive));
    await start({ onProgress });
    expect(await contentsOf(target)).toEqual(extracted);
    expect(fetched.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([[undefined, undefined], ['bytes=1000-', '"v1"']]);
    expect(time.pauses).toContain(500);
  });

  it('begins anew when the archive is another one after the break, even a shorter one', async () => {
    const { signs, stores, start, target, fetched } = await downloads();
    const { isTaken, onProgress } = taken(100_000);
    signs(signed());
    stores(breaking(archive, 100_000, isTaken), file(tarOf([{ path: 'a', content: 'other' }]), '"v2"'));
    await start({ onProgress });
    expect(await contentsOf(target)).toEqual({ a: 'other' });
    expect(fetched).toHaveLength(2);
  });

  it('begins anew when what is there has no place in the archive any more', async () => {
    const { signs, stores, start, target, fetched } = await downloads();
    const { isTaken, onProgress } = taken(1000);
    signs(signed());
    stores(breaking(archive, 1000, isTaken), status(416), file(archive));
    await start({ onProgress });
    expect(fetched.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-', undefined]);
    expect(await contentsOf(target)).toEqual(extracted);
  });

  it.each([401, 403, 410])('has the address signed again after a %i, without a pause', async (code) => {
    const { signs, stores, start, target, fetched, time } = await downloads();
    const { isTaken, onProgress } = taken(1000);
    signs(signed('/store/first'), signed('/store/second'));
    stores(breaking(archive, 1000, isTaken), status(code), file(archive));
    await start({ onProgress });
    expect(fetched.map(({ url, headers }) => [url, headers.range])).toEqual([['/store/first', undefined], ['/store/first', 'bytes=1000-'], ['/store/second', 'bytes=1000-']]);
    expect(time.pauses.filter((ms) => ms > 500)).toEqual([]);
    expect(await contentsOf(target)).toEqual(extracted);
  });

  it('has the address signed again when its time is over', async () => {
    const { signs, stores, start, fetched } = await downloads();
    signs(signed('/store/first', new Date(0)), signed('/store/second'));
    stores(status(503), file(archive));
    await start();
    expect(fetched.map(({ url }) => url)).toEqual(['/store/first', '/store/second']);
  });

  it('waits while the archive is being built, and says so', async () => {
    const { signs, stores, start, time, asked } = await downloads();
    signs(status(503), status(503), signed());
    stores(file(archive));
    const told: DownloadProgress[] = [];
    await start({ onProgress: (progress) => told.push(progress) });
    expect(told.slice(0, 2)).toEqual([{ phase: 'building', bytes: 0 }, { phase: 'building', bytes: 0 }]);
    expect(time.pauses.filter((ms) => ms === 30_000)).toHaveLength(2);
    expect(asked).toHaveLength(3);
  });

  it('asks a self-hosted server by the bare name', async () => {
    const { signs, stores, start, asked } = await downloads();
    signs(status(405), signed());
    stores(file(archive));
    await start();
    expect(asked.map(({ url }) => url)).toEqual(['/api/v1/training_runs/r/checkpoints/sampler_weights/a/archive', '/api/v1/training_runs/r/checkpoints/a/archive']);
  });

  it('replaces a folder only when told to, and only with a complete one', async () => {
    const { signs, stores, start, target, root } = await downloads();
    await mkdir(target);
    await writeFile(join(target, 'old'), 'old');
    expect(await rejection(start())).toMatchObject({ kind: 'validation', field: 'targetDirectory' });
    signs(signed(), signed());
    stores(file(tarOf([{ path: '../x' }])), file(archive));
    expect(await rejection(start({ force: true }))).toMatchObject({ kind: 'malformedResponse' });
    expect(await contentsOf(root)).toEqual({ target: null, 'target/old': 'old' });
    await start({ force: true });
    expect(await contentsOf(target)).toEqual(extracted);
  });
});
