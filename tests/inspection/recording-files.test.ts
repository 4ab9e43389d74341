import { describe, expect, it } from '@jest/globals';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { realDisk, RecordingFiles } from '../../src/inspection/recording-files.js';
import { MemoryDisk } from '../support/inspection/memory-disk.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

const opening = () => '[begin]\n';
const lines = (...texts: string[]) => texts.map((text) => `${text}\n`);

function inMemory(limits: { readonly maxBytes?: number; readonly maxFiles?: number } = {}) {
  const disk = new MemoryDisk();
  return { disk, files: new RecordingFiles({ file: 'run', maxBytes: 20, maxFiles: 3, ...limits }, disk) };
}

describe('the files of a recording', () => {
  it('begin with their opening, in a folder that is made', async () => {
    const folder = await temporaryFolder();
    const files = new RecordingFiles({ file: join(folder, 'runs', 'today', 'run.jsonl'), maxBytes: 100, maxFiles: 3 }, realDisk);
    await files.write(lines('one', 'two'), opening);
    await files.write(lines('three'), opening);
    await files.close();
    expect(await contentsOf(folder)).toEqual({ runs: null, 'runs/today': null, 'runs/today/run.jsonl': '[begin]\none\ntwo\nthree\n' });
  });

  it('move those before them on, and remove the oldest', async () => {
    const folder = await temporaryFolder();
    const limits = { file: join(folder, 'run'), maxBytes: 18, maxFiles: 3 };
    await writeFile(limits.file, 'of another run\n');
    const files = new RecordingFiles(limits, realDisk);
    await files.write(lines('one', 'two', 'three'), opening);
    expect(await contentsOf(folder)).toEqual({ run: '[begin]\nthree\n', 'run.1': '[begin]\none\ntwo\n', 'run.2': 'of another run\n' });
    await files.write(lines('four', 'five'), opening);
    expect(await contentsOf(folder)).toEqual({ run: '[begin]\nfour\nfive\n', 'run.1': '[begin]\nthree\n', 'run.2': '[begin]\none\ntwo\n' });
    await files.close();
  });

  it('fill a gap rather than push older ones out', async () => {
    const { disk, files } = inMemory();
    disk.put('run', 'newest\n');
    disk.put('run.2', 'oldest\n');
    await files.write(lines('one'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\n', 'run.1': 'newest\n', 'run.2': 'oldest\n' });
  });

  it('take one line at least, however long it is', async () => {
    const { disk, files } = inMemory();
    await files.write(lines('a line that is much too long', 'another line that is too long'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\nanother line that is too long\n', 'run.1': '[begin]\na line that is much too long\n' });
  });

  it('count bytes, not characters', async () => {
    const { disk, files } = inMemory();
    await files.write(lines('ää', 'öööö'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\nöööö\n', 'run.1': '[begin]\nää\n' });
  });

  it('are written whole where the disk takes a little at a time', async () => {
    const { disk, files } = inMemory();
    disk.mostPerWrite = 3;
    await files.write(lines('one', 'two'), opening);
    expect(disk.textOf('run')).toBe('[begin]\none\ntwo\n');
  });

  it('begin anew where somebody deleted the newest', async () => {
    const folder = await temporaryFolder();
    const files = new RecordingFiles({ file: join(folder, 'run'), maxBytes: 100, maxFiles: 3 }, realDisk);
    await files.write(lines('one'), opening);
    await rm(join(folder, 'run'));
    await files.write(lines('two'), opening);
    await files.close();
    expect(await contentsOf(folder)).toEqual({ run: '[begin]\ntwo\n' });
  });

  it('begin anew where the newest cannot be looked at any more', async () => {
    const { disk, files } = inMemory();
    await files.write(lines('one'), opening);
    disk.fail('stat', 'ESTALE');
    await files.write(lines('two'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\ntwo\n', 'run.1': '[begin]\none\n' });
    expect(disk.openHandles).toBe(1);
  });

  it('end with a whole line where the disk is full, and go on there', async () => {
    const { disk, files } = inMemory();
    await files.write(lines('one'), opening);
    disk.room = 14;
    await expect(files.write(lines('two'), opening)).rejects.toThrow('ENOSPC');
    expect(disk.texts()).toEqual({ run: '[begin]\none\n' });
    disk.room = 100;
    await files.write(lines('two'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\ntwo\n' });
  });

  it('go on after the last whole line even where the rest could not be cut off', async () => {
    const { disk, files } = inMemory();
    await files.write(lines('one'), opening);
    disk.room = 14;
    disk.fail('truncate', 'EIO');
    await expect(files.write(lines('two'), opening)).rejects.toThrow('ENOSPC');
    disk.room = 100;
    await files.write(lines('two'), opening);
    expect(disk.textOf('run')).toBe('[begin]\none\ntwo\n');
  });

  it('push no older ones out where there is not even room for the opening', async () => {
    const { disk, files } = inMemory();
    disk.put('run', 'another run\n');
    disk.room = 15;
    for (let attempt = 0; attempt < 5; attempt += 1) await expect(files.write(lines('one'), opening)).rejects.toThrow('ENOSPC');
    expect(disk.texts()).toEqual({ 'run.1': 'another run\n' });
    expect(disk.openHandles).toBe(0);
  });

  it('leave to another process what it made in between', async () => {
    const { disk, files } = inMemory();
    const open = disk.open.bind(disk);
    disk.open = (path) => {
      disk.open = open;
      disk.put('run', 'another process\n');
      return disk.open(path);
    };
    await files.write(lines('one'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\n', 'run.1': 'another process\n' });
  });

  it('give up where another process is always faster', async () => {
    const { disk, files } = inMemory();
    disk.fail('open', 'EEXIST', 6);
    await expect(files.write(lines('one'), opening)).rejects.toThrow('EEXIST');
    await files.write(lines('one'), opening);
    expect(disk.textOf('run')).toBe('[begin]\none\n');
  });

  it('wait for their turn while another process moves files', async () => {
    const { disk, files } = inMemory();
    disk.put('run', 'another run\n');
    disk.put('run.turn', '');
    const written = files.write(lines('one'), opening);
    for (let ticks = 0; ticks < 20; ticks += 1) await Promise.resolve();
    expect(disk.asked.filter((what) => /^(open|rename)/.test(what))).toEqual([]);
    disk.files.delete('run.turn');
    await written;
    expect(disk.texts()).toEqual({ run: '[begin]\none\n', 'run.1': 'another run\n' });
  });

  it('do not wait for ever for a process that was killed in its turn', async () => {
    const { disk, files } = inMemory();
    disk.put('run.turn', '');
    await files.write(lines('one'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\n' });
  });

  it('go without a turn where none can be had', async () => {
    const { disk, files } = inMemory();
    disk.fail('claim', 'EROFS');
    disk.fail('rm', 'EROFS');
    await files.write(lines('one'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\n' });
  });

  it('do not mind that another process moves a file at the same time', async () => {
    const { disk, files } = inMemory();
    disk.put('run', 'another run\n');
    disk.fail('rename', 'ENOENT');
    disk.fail('open', 'EEXIST');
    await files.write(lines('one'), opening);
    expect(disk.texts()).toEqual({ run: '[begin]\none\n', 'run.1': 'another run\n' });
  });

  it.each(['rename', 'access', 'open', 'mkdir'])('fail as the disk does: %s', async (what) => {
    const { disk, files } = inMemory();
    disk.put('run', 'another run\n');
    disk.fail(what, 'EACCES');
    await expect(files.write(lines('one'), opening)).rejects.toThrow('EACCES');
    expect(Object.values(disk.texts())).toEqual(['another run\n']);
  });

  it('fail with whatever was thrown', async () => {
    const { disk, files } = inMemory();
    const thrown: unknown = null;
    disk.open = () => Promise.resolve().then(() => {
      throw thrown;
    });
    await expect(files.write(lines('one'), opening)).rejects.toBeNull();
  });

  it('fail where the place of the oldest is a folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'run.1', 'kept'), { recursive: true });
    await writeFile(join(folder, 'run'), 'another run\n');
    const files = new RecordingFiles({ file: join(folder, 'run'), maxBytes: 100, maxFiles: 2 }, realDisk);
    await expect(files.write(lines('one'), opening)).rejects.toThrow();
    expect(await contentsOf(folder)).toMatchObject({ run: 'another run\n', 'run.1/kept': null });
  });

  it('are not there before anything is written', async () => {
    const { disk, files } = inMemory();
    await files.close();
    expect(disk.asked).toEqual([]);
  });
});
