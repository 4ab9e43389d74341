import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { nodeDisk } from '../../src/journal/node-disk.js';
import { moveAway, startOf } from '../../src/journal/process-lock.js';
import { rejection } from '../support/clients.js';
import { temporaryFolder } from '../support/temporary.js';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('nodeDisk', () => {
  it('appends, renames, lists, reads and removes', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b');
    await nodeDisk.makeDirectory(folder);
    const [path, other] = [join(folder, 'x'), join(folder, 'y')];
    const file = await nodeDisk.openToAppend(path);
    await file.append(Buffer.from('one '));
    await file.sync();
    await nodeDisk.rename(path, other);
    await nodeDisk.syncDirectory(folder);
    await file.append(Buffer.from('two'));
    await file.close();
    expect(await nodeDisk.list(folder)).toEqual(['y']);
    expect(text(await nodeDisk.read(other))).toBe('one two');
    expect((await stat(other)).mode & 0o777).toBe(0o600);
    await nodeDisk.remove(other);
    await nodeDisk.remove(other);
    expect(await rejection(nodeDisk.read(other))).toMatchObject({ code: 'ENOENT' });
    expect(await rejection(nodeDisk.list(join(folder, 'none')))).toMatchObject({ code: 'ENOENT' });
    expect(await rejection(nodeDisk.syncDirectory(join(folder, 'none')))).toMatchObject({ code: 'ENOENT' });
  });

  it('leaves names to Windows, which makes them last by itself', async () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    try {
      await expect(nodeDisk.syncDirectory('/none/at/all')).resolves.toBeUndefined();
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
  });
});

describe('the lock of a journal', () => {
  const started = async () => (await readFile('/proc/self/stat', 'utf8').catch(() => '')) !== '';

  async function lock(path: string) {
    const outcome = await nodeDisk.lock(path);
    if (outcome.status !== 'taken') throw new Error(`in use by ${outcome.holder}`);
    return outcome.lock;
  }

  it('is had once, until it is released', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const first = await lock(path);
    expect(await nodeDisk.lock(path)).toEqual({ status: 'inUse', holder: 'this process' });
    expect(await first.isHeld()).toBe(true);
    await first.release();
    expect(await first.isHeld()).toBe(false);
    await (await lock(path)).release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('is refused while another process has it, and taken over when that was killed', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(holder, 'spawn');
    await writeFile(path, `${String(holder.pid)} - x`);
    expect(await nodeDisk.lock(path)).toEqual({ status: 'inUse', holder: `process ${String(holder.pid)}` });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const taken = await lock(path);
    expect(await taken.isHeld()).toBe(true);
    await taken.release();
  });

  it('is taken over from a process whose number another one has got since', async () => {
    if (!(await started())) return;
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, `${process.ppid} boot:1 x`);
    const taken = await lock(path);
    expect((await readFile(path, 'utf8')).startsWith(`${process.pid} `)).toBe(true);
    await taken.release();
  });

  it.each(['', 'nonsense', '0 - x', '999999999 - x'])('is taken over when it says "%s"', async (content) => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, content);
    await (await lock(path)).release();
  });

  it('counts a process that it may not ask as the holder', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, '1 - x');
    const asked = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not yours'), { code: 'EPERM' });
    });
    try {
      expect(await nodeDisk.lock(path)).toEqual({ status: 'inUse', holder: 'process 1' });
    } finally {
      asked.mockRestore();
    }
  });

  it('is had by one of several processes that take it over at the same time', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, '999999999 - x');
    // Each has its lock of its own of the same file, as processes have.
    const outcomes = await Promise.all(['', '.', './.'].map((way) => nodeDisk.lock(join(path, '..') + `/${way}/lock`)));
    expect(outcomes.filter(({ status }) => status === 'taken')).toHaveLength(1);
    expect(outcomes).toContainEqual({ status: 'inUse', holder: `process ${process.pid}` });
  });

  it('is put back when it is found to be another one than the dead one', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, 'a living one');
    await moveAway(path, 'a dead one');
    expect(await readFile(path, 'utf8')).toBe('a living one');
    await moveAway(path, 'a living one');
    expect(await readdir(join(path, '..'))).toEqual([]);
    await moveAway(path, 'a living one');
  });

  it('knows no start of a process that there is not', async () => {
    expect(await startOf(999_999_999)).toBe('-');
  });

  it('is not released by who has lost it', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const first = await lock(path);
    await writeFile(path, 'somebody else');
    expect(await first.isHeld()).toBe(false);
    await first.release();
    expect(await readFile(path, 'utf8')).toBe('somebody else');
  });

  it('says why it cannot be taken', async () => {
    const folder = await temporaryFolder();
    expect(await rejection(nodeDisk.lock(join(folder, 'none', 'lock')))).toMatchObject({ code: 'ENOENT' });
    await mkdir(join(folder, 'lock'));
    expect(await rejection(nodeDisk.lock(join(folder, 'lock')))).toMatchObject({ code: 'EISDIR' });
    // It can be tried again.
    await rmdir(join(folder, 'lock'));
    expect(await nodeDisk.lock(join(folder, 'lock'))).toMatchObject({ status: 'taken' });
  });
});
