import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuiltFiles } from '../../../src/server/archives/archive-files.js';
import { parseRange } from '../../../src/server/archives/archive-range.js';
import { ManualClock } from '../../support/manual-clock.js';

let root: string;
let clock: ManualClock;
let files: BuiltFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'built-files-'));
  clock = new ManualClock();
  files = new BuiltFiles({ folder: join(root, 'files'), maxBytes: 10, clock, holdMs: 1000 });
  await files.open();
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const writes = (text: string) => async (path: string): Promise<void> => {
  await writeFile(path, text);
};

/** Building that goes on, or fails, when it is told to. */
function heldUp(): { readonly build: (path: string) => Promise<void>; readonly finish: (error?: Error) => void } {
  let finish: (error?: Error) => void = () => undefined;
  const held = new Promise<void>((resolve, reject) => (finish = (error) => (error === undefined ? resolve() : reject(error))));
  const build = async (path: string): Promise<void> => {
    await writeFile(path, 'half');
    await held;
    await writeFile(path, 'text');
  };
  return { build, finish };
}

/** What lies in the folder, without the count of builds. */
const names = async (): Promise<string[]> => {
  await files.idle();
  return (await readdir(join(root, 'files'))).map((name) => name.replace(/-\d+$/, '')).sort();
};

describe('BuiltFiles', () => {
  it('builds a file once for all who ask, and keeps it', async () => {
    const [first, second] = await Promise.all([files.get('a', writes('text')), files.get('a', () => Promise.reject(new Error('built again')))]);
    expect(first).toEqual({ key: 'a', path: join(root, 'files', 'a-1'), sizeBytes: 4 });
    expect([second, await files.get('a', () => Promise.reject(new Error('built again')))]).toEqual([first, first]);
    expect(await readFile(first?.path ?? '', 'utf8')).toBe('text');
    expect(clock.pending).toBe(0);
  });

  it('has whoever asked ask again when building takes long', async () => {
    const { build, finish } = heldUp();
    const early = files.get('a', build);
    clock.advance(1000);
    const late = files.get('a', build);
    expect([await early, files.find('a')]).toEqual([undefined, undefined]);
    finish();
    expect((await late)?.sizeBytes).toBe(4);
    expect(await names()).toEqual(['a']);
  });

  it('removes what was asked for longest ago when there is no room, but never the newest', async () => {
    await files.get('a', writes('12345'));
    await files.get('b', writes('12345'));
    expect(files.find('a')).toBeDefined();
    await files.get('c', writes('1'));
    expect(await names()).toEqual(['a', 'c']);
    await files.get('d', writes('more than there is room for'));
    expect(await names()).toEqual(['d']);
    expect(files.find('a')).toBeUndefined();
  });

  it('tells a failure to all who wait, leaves nothing of it, and begins again', async () => {
    const { build, finish } = heldUp();
    const waiting = [files.get('a', build), files.get('a', build)];
    finish(new Error('disk full'));
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await names()).toEqual([]);
    expect((await files.get('a', writes('text')))?.sizeBytes).toBe(4);
  });

  it('tells a failure that nobody waited for to the next who asks, once', async () => {
    const { build, finish } = heldUp();
    const early = files.get('a', build);
    clock.advance(1000);
    finish(new Error('disk full'));
    expect(await early).toBeUndefined();
    await files.idle();
    await expect(files.get('a', build)).rejects.toThrow('disk full');
    expect((await files.get('a', writes('text')))?.sizeBytes).toBe(4);
  });

  it('drops a file that is there, and one that is still being built', async () => {
    await files.get('a', writes('text'));
    files.drop('a');
    const { build, finish } = heldUp();
    const waiting = files.get('b', build);
    files.drop('b');
    finish();
    expect([await waiting, files.find('a'), files.find('b'), await names()]).toEqual([undefined, undefined, undefined, []]);
    await files.get('b', writes('again'));
    expect(await names()).toEqual(['b']);
  });

  it('empties its folder at the start', async () => {
    await files.get('a', writes('text'));
    await files.open();
    expect(await names()).toEqual([]);
  });
});

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-', { first: 2, last: 9 }],
    ['bytes=2-100', { first: 2, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-100', { first: 0, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,4-5', undefined],
    ['items=0-1', undefined],
    ['rubbish', undefined],
    [undefined, undefined],
  ])('reads %s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it('finds nothing at the end of an empty file', () => {
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});
