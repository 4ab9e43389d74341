import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuiltFiles } from '../../src/server/archive-files.js';
import { parseRange } from '../../src/server/archive-range.js';

let root: string;
let files: BuiltFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'built-files-'));
  files = new BuiltFiles({ folder: join(root, 'files'), maxBytes: 10 });
  await files.open();
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const writes = (text: string) => async (path: string): Promise<void> => {
  await writeFile(path, text);
};

async function build(key: string, text: string): Promise<void> {
  expect(files.get(key, writes(text))).toBeUndefined();
  await files.idle();
}

/** What lies in the folder, without the count of builds. */
const names = async (): Promise<string[]> => {
  await files.idle();
  return (await readdir(join(root, 'files'))).map((name) => name.replace(/-\d+$/, '')).sort();
};

describe('BuiltFiles', () => {
  it('builds a file once and keeps it', async () => {
    await build('a', 'text');
    const built = files.get('a', () => Promise.reject(new Error('built again')));
    expect(built).toEqual({ key: 'a', path: join(root, 'files', 'a-1'), sizeBytes: 4 });
    expect(await readFile(built?.path ?? '', 'utf8')).toBe('text');
  });

  it('removes what was asked for longest ago when there is no room, but never the newest', async () => {
    await build('a', '12345');
    await build('b', '12345');
    expect(files.find('a')).toBeDefined();
    await build('c', '1');
    expect(await names()).toEqual(['a', 'c']);
    await build('d', 'more than there is room for');
    expect(await names()).toEqual(['d']);
    expect(files.find('a')).toBeUndefined();
  });

  it('tells a failure once, leaves nothing of it, and begins again', async () => {
    const failing = async (path: string): Promise<void> => {
      await writeFile(path, 'half');
      throw new Error('disk full');
    };
    expect(files.get('a', failing)).toBeUndefined();
    await files.idle();
    expect(() => files.get('a', failing)).toThrow('disk full');
    expect(await names()).toEqual([]);
    await build('a', 'text');
    expect(files.find('a')?.sizeBytes).toBe(4);
  });

  it('drops a file that is there, and one that is still being built', async () => {
    await build('a', 'text');
    files.drop('a');
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    files.get('b', async (path) => {
      await writeFile(path, 'text');
      await held;
    });
    files.drop('b');
    finish();
    await files.idle();
    expect([files.find('a'), files.find('b'), await names()]).toEqual([undefined, undefined, []]);
    await build('b', 'again');
    expect(await names()).toEqual(['b']);
  });

  it('empties its folder at the start', async () => {
    await build('a', 'text');
    await new BuiltFiles({ folder: join(root, 'files'), maxBytes: 10 }).open();
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
