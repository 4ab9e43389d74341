import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as t from 'io-ts';
import { keptApiKey, openDataDir } from '../../src/server/data-dir.js';
import { StateStore } from '../../src/server/state-store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinkerjs-dir-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('openDataDir', () => {
  it('remembers the runs of the server before this one', async () => {
    const first = await openDataDir(folder);
    await first.release();
    const second = await openDataDir(folder);
    await second.release();
    expect([...second.earlierBoots]).toEqual([first.bootId]);
    expect(second.bootId).not.toBe(first.bootId);
  });

  it('lets no second server in', async () => {
    const first = await openDataDir(folder);
    await expect(openDataDir(folder)).rejects.toMatchObject({
      kind: 'validation',
      field: 'dataDir',
      message: expect.stringContaining(`${folder} is in use by another server (process ${process.pid})`) as unknown,
    });
    await first.release();
    await (await openDataDir(folder)).release();
  });

  it('removes what an interrupted write left', async () => {
    await writeFile(join(folder, 'boots.json.6faa9957-4876-4638-8574-d539efd0a031.tmp'), '{}');
    await (await openDataDir(folder)).release();
    expect(await readdir(folder)).toEqual(['boots.json']);
  });

  it.each(['999999999', 'nonsense', String(process.pid)])('takes the lock of a dead process over: %s', async (pid) => {
    await writeFile(join(folder, 'server.lock'), pid);
    const taken = await openDataDir(folder);
    expect(await readFile(join(folder, 'server.lock'), 'utf8')).toBe(String(process.pid));
    await taken.release();
  });

  it('respects the lock of a living process', async () => {
    await writeFile(join(folder, 'server.lock'), String(process.ppid));
    await expect(openDataDir(folder)).rejects.toThrow(`(process ${process.ppid})`);
  });

  it('explains a folder that cannot be used', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openDataDir(join(folder, 'file', 'below'))).rejects.toMatchObject({ kind: 'validation', field: 'dataDir' });
  });
});

describe('keptApiKey', () => {
  it('makes a key up once, and keeps it for the owner only', async () => {
    const key = await keptApiKey(folder);
    expect(key).toMatch(/^tml-local-[0-9a-f]{32}$/);
    expect(await keptApiKey(folder)).toBe(key);
    expect((await stat(join(folder, 'api-key'))).mode & 0o777).toBe(0o600);
  });
});

describe('StateStore', () => {
  const Value = t.strict({ a: t.number }, 'Value');

  it('removes what an interrupted write left', async () => {
    const store = new StateStore(folder, () => undefined);
    await store.write('notes/one.json', 1);
    await writeFile(join(folder, 'notes', 'one.json.6faa9957-4876-4638-8574-d539efd0a031.tmp'), '2');
    await writeFile(join(folder, 'notes', 'mine.tmp'), 'kept');
    expect(await store.readAll('notes', t.number)).toEqual([1]);
    expect(await readdir(join(folder, 'notes'))).toEqual(['mine.tmp', 'one.json']);
  });

  it('reads back what was written, the last write winning', async () => {
    const store = new StateStore(folder, () => undefined);
    await Promise.all([store.write('v/x.json', { a: 1 }), store.write('v/x.json', { a: 2 }), store.write('v/y.json', { a: 3 })]);
    expect(await store.readAll('v', Value)).toEqual([{ a: 2 }, { a: 3 }]);
    expect(await readdir(join(folder, 'v'))).toEqual(['x.json', 'y.json']);
  });

  it('names a file that it cannot read, and goes on', async () => {
    const log: string[] = [];
    const store = new StateStore(folder, (line) => log.push(line));
    await store.write('v/a.json', { a: 'text' });
    await store.write('v/c.json', { a: 1 });
    await writeFile(join(folder, 'v', 'b.json'), '{"a":');
    await writeFile(join(folder, 'v', 'c.json.tmp'), 'half');
    expect(await store.readAll('v', Value)).toEqual([{ a: 1 }]);
    expect(log).toEqual([
      `ignored ${join(folder, 'v', 'a.json')}: a: got "text", expected number`,
      expect.stringContaining(`ignored ${join(folder, 'v', 'b.json')}: `),
    ]);
  });

  it('goes on writing after a failed write', async () => {
    const log: string[] = [];
    const store = new StateStore(folder, (line) => log.push(line));
    await writeFile(join(folder, 'file'), '');
    await expect(store.write('file/x.json', {})).rejects.toThrow();
    await store.write('v/x.json', { a: 1 });
    await store.flush();
    expect(log).toEqual([expect.stringContaining('cannot write state')]);
    await store.remove('v/x.json');
    expect(await store.readAll('v', Value)).toEqual([]);
  });
});
