import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import type { DownloadOptions } from '../../src/rest/rest-download.js';
import { archiveHost, breaking, file, signed, status, type ArchiveHost } from '../support/archive-host.js';
import { rejection } from '../support/clients.js';
import { settle } from '../support/simulated.js';
import { tarOf, type TarEntry } from '../support/tar.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

const path = 'tinker://r/weights/a';
const archive = tarOf([{ path: 'a', content: 'a'.repeat(50_000) }]);
const never = new Promise<void>(() => undefined);

interface Downloads extends ArchiveHost {
  readonly root: string;
  readonly start: (options?: DownloadOptions) => Promise<unknown>;
}

async function downloads(): Promise<Downloads> {
  const host = await archiveHost();
  const root = await temporaryFolder();
  return { ...host, root, start: (options) => host.rest.downloadCheckpoint(path, join(root, 'target'), options) };
}

describe('downloadCheckpoint', () => {
  it.each<TarEntry>([
    { path: '../escaped', content: 'x' },
    { path: '/tmp/absolute', content: 'x' },
    { path: 'link', type: 'SymbolicLink', linkpath: '/etc' },
    { path: 'link', type: 'Link', linkpath: 'a' },
  ])('writes nothing of an archive with %j', async (entry) => {
    const { signs, stores, start, root } = await downloads();
    signs(signed());
    stores(file(tarOf([{ path: 'a', content: 'a' }, entry])));
    expect(await rejection(start())).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('nothing was extracted') });
    expect(await contentsOf(root)).toEqual({});
  });

  it('writes nothing of an archive that is cut off', async () => {
    const { signs, stores, start, root } = await downloads();
    signs(signed());
    stores(file(archive.subarray(0, 30_000)));
    expect(await rejection(start())).toMatchObject({ kind: 'malformedResponse' });
    expect(await contentsOf(root)).toEqual({});
  });

  it('gives up after nine attempts without a new byte', async () => {
    const { signs, stores, start, root, fetched, time } = await downloads();
    signs(signed());
    stores(...Array.from({ length: 20 }, () => status(500)));
    const error = await rejection(start());
    expect(error).toMatchObject({ kind: 'http', status: 500, retriable: true });
    expect(String(error)).not.toContain('secret');
    expect(fetched).toHaveLength(9);
    expect(time.pauses.filter((ms) => ms >= 500)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    expect(await contentsOf(root)).toEqual({});
  });

  it('goes on for as long as every attempt brings new bytes', async () => {
    const { signs, stores, start, fetched, root } = await downloads();
    signs(signed());
    const steps = Array.from({ length: 12 }, (_, index) => index * 1000);
    const takers = steps.map((from) => {
      let take: () => void = () => undefined;
      const isTaken = new Promise<void>((resolve) => {
        take = resolve;
      });
      return { upTo: from + 1000, isTaken, take };
    });
    stores(
      ...takers.map(({ upTo, isTaken }): Parameters<typeof stores>[0] => (_, response) => {
        const from = upTo - 1000;
        const range = { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` };
        response.writeHead(from === 0 ? 200 : 206, { 'content-length': archive.length - from, ...(from === 0 ? {} : range) });
        response.write(archive.subarray(from, upTo));
        void isTaken.then(() => response.destroy());
      }),
      file(archive),
    );
    await start({ onProgress: ({ bytes }) => takers.find(({ upTo }) => upTo === bytes)?.take() });
    expect(fetched).toHaveLength(13);
    expect(Object.keys(await contentsOf(root))).toEqual(['target', 'target/a']);
  });

  it('does not try again what is refused for good', async () => {
    const { signs, stores, start, fetched } = await downloads();
    signs(signed());
    stores(status(404, 'secret-signature'));
    const error = await rejection(start());
    expect(error).toMatchObject({ kind: 'http', status: 404 });
    expect(String(error)).not.toContain('secret');
    expect(fetched).toHaveLength(1);
  });

  it('gives up a store that refuses every new address', async () => {
    const { signs, stores, start, fetched, asked } = await downloads();
    signs(...Array.from({ length: 20 }, () => signed()));
    stores(...Array.from({ length: 20 }, () => status(403)));
    expect(await rejection(start())).toMatchObject({ kind: 'http', status: 403 });
    expect([fetched.length, asked.length]).toEqual([9, 9]);
  });

  it('rejects with what the server says of the checkpoint', async () => {
    const { signs, start, root } = await downloads();
    signs(status(404, '{"detail":"Checkpoint not found"}'));
    expect(await rejection(start())).toMatchObject({ kind: 'http', status: 404, message: expect.stringContaining('Checkpoint not found') });
    expect(await contentsOf(root)).toEqual({});
  });

  it('takes a connection that brings nothing for a minute for a broken one', async () => {
    const { signs, stores, start, fetched, time } = await downloads();
    signs(signed());
    stores(breaking(archive, 1000, never), file(archive));
    const given = start({ onProgress: ({ bytes }) => (bytes === 1000 ? void settle().then(() => time.pass(60_000)) : undefined) });
    await given;
    expect(fetched.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-']);
  });

  it('stops and tidies up when its signal says so', async () => {
    const { signs, stores, start, root } = await downloads();
    const controller = new AbortController();
    signs(signed());
    stores(breaking(archive, 1000, never));
    const error = await rejection(start({ signal: controller.signal, onProgress: () => controller.abort() }));
    expect(error).toMatchObject({ kind: 'cancelled' });
    expect(await readdir(root)).toEqual([]);
  });

  it('stops while it extracts, too', async () => {
    const { signs, stores, start, root } = await downloads();
    const controller = new AbortController();
    signs(signed());
    stores(file(archive));
    const onProgress: DownloadOptions['onProgress'] = ({ phase }) => (phase === 'extracting' ? controller.abort() : undefined);
    expect(await rejection(start({ signal: controller.signal, onProgress }))).toMatchObject({ kind: 'cancelled' });
    expect(await readdir(root)).toEqual([]);
  });

  it('ends with the service, and leaves nothing behind', async () => {
    const { signs, stores, start, root, service } = await downloads();
    signs(signed());
    stores(breaking(archive, 1000, never));
    const error = await rejection(start({ onProgress: () => void service.close() }));
    expect(error).toMatchObject({ kind: 'cancelled', message: 'The ServiceClient is closed. Open a new one.' });
    expect(await readdir(root)).toEqual([]);
  });

  it('goes on when the callback throws', async () => {
    const { signs, stores, start } = await downloads();
    const written = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    signs(signed());
    stores(file(archive));
    await start({
      onProgress: () => {
        throw new Error('mine');
      },
    });
    expect(written).toHaveBeenCalledWith('tinkerjs: onProgress threw: mine');
    written.mockRestore();
  });

  it('refuses bad options before anything is sent', async () => {
    const { rest, root, asked } = await downloads();
    const target = join(root, 'target');
    const misspelt = { timeoutMs: 5, forc: true };
    const refused = [
      rest.downloadCheckpoint('x', target),
      rest.downloadCheckpoint(path, ''),
      rest.downloadCheckpoint(path, target, misspelt),
      rest.downloadCheckpoint(path, target, { timeoutMs: -1 }),
    ];
    const errors = await Promise.all(refused.map((call) => rejection(call)));
    expect(errors.map((error) => (error instanceof Object && 'field' in error ? error.field : error))).toEqual(['tinkerPath', 'targetDirectory', 'options.forc', 'timeoutMs']);
    expect(asked).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });
});
