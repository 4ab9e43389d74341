import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkTarget, diskError, makeWorkspace, putInPlace } from '../../src/rest/archive-target.js';
import { TinkerError } from '../../src/types/errors.js';
import { factsOf } from '../support/codec.js';
import { rejection } from '../support/clients.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

async function folderOf(path: string, name: string): Promise<string> {
  await mkdir(path);
  await writeFile(join(path, name), name);
  return path;
}

describe('checkTarget', () => {
  it('gives the absolute path of a folder that may be made', async () => {
    const root = await temporaryFolder();
    expect(await checkTarget(join(root, 'x', '..', 'new'), false)).toBe(join(root, 'new'));
    expect(await checkTarget(join(root, 'new'), true)).toBe(join(root, 'new'));
  });

  it.each(['', 7])('refuses %j', async (path) => {
    expect(await rejection(checkTarget(path, false))).toMatchObject({ kind: 'validation', field: 'targetDirectory' });
  });

  it('refuses what exists, unless it may be replaced', async () => {
    const root = await temporaryFolder();
    expect(await rejection(checkTarget(root, false))).toMatchObject({
      kind: 'validation',
      field: 'targetDirectory',
      message: expect.stringMatching(/, expected a path where nothing is yet, or the option force to have the folder replaced$/),
    });
    expect(await checkTarget(root, true)).toBe(resolve(root));
  });

  it('never replaces a file or a link', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'file'), '');
    await symlink(root, join(root, 'link'));
    for (const name of ['file', 'link']) {
      expect(await rejection(checkTarget(join(root, name), true))).toMatchObject({ message: expect.stringMatching(/, expected a folder to be replaced$/) });
    }
  });

  it('makes no folders around the target', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'file'), '');
    for (const parent of ['missing', 'file']) {
      expect(await rejection(checkTarget(join(root, parent, 'x'), false))).toMatchObject({
        message: expect.stringContaining('expected a path in a folder that exists: make '),
      });
    }
  });

  it('passes on what the disk says otherwise', async () => {
    expect(await rejection(checkTarget(join(await temporaryFolder(), 'x'.repeat(300)), false))).toMatchObject({
      kind: 'validation',
      field: 'targetDirectory',
      message: expect.stringContaining('ENAMETOOLONG'),
    });
  });
});

describe('putInPlace', () => {
  async function prepared() {
    const root = await temporaryFolder();
    const target = join(root, 'target');
    const workspace = await makeWorkspace(target);
    return { root, target, workspace, ready: await folderOf(join(workspace, 'ready'), 'new') };
  }

  it('works in a hidden folder beside the target', async () => {
    const { root } = await prepared();
    expect(await readdir(root)).toEqual([expect.stringMatching(/^\.target-/)]);
  });

  it.each([true, false])('moves the folder to where nothing was (force %p)', async (force) => {
    const { target, ready, workspace } = await prepared();
    await putInPlace(ready, target, workspace, force);
    expect(await contentsOf(target)).toEqual({ new: 'new' });
  });

  it('replaces a folder', async () => {
    const { target, ready, workspace } = await prepared();
    await folderOf(target, 'old');
    await putInPlace(ready, target, workspace, true);
    expect(await contentsOf(target)).toEqual({ new: 'new' });
    expect(await contentsOf(workspace)).toEqual({ replaced: null, 'replaced/old': 'old' });
  });

  it('leaves alone what came there meanwhile', async () => {
    const { target, ready, workspace } = await prepared();
    await folderOf(target, 'old');
    expect(await rejection(putInPlace(ready, target, workspace, false))).toMatchObject({ code: expect.stringMatching(/^(ENOTEMPTY|EEXIST|EPERM)$/) });
    expect(await contentsOf(target)).toEqual({ old: 'old' });
  });

  it('puts back what it replaced when the new folder does not get there', async () => {
    const { target, workspace } = await prepared();
    await folderOf(target, 'old');
    expect(await rejection(putInPlace(join(workspace, 'missing'), target, workspace, true))).toMatchObject({ code: 'ENOENT' });
    expect(await contentsOf(target)).toEqual({ old: 'old' });
  });

  it('replaces nothing when it cannot be moved away', async () => {
    const { target, ready, workspace } = await prepared();
    await folderOf(target, 'old');
    await folderOf(join(workspace, 'replaced'), 'in the way');
    expect(await rejection(putInPlace(ready, target, workspace, true))).toMatchObject({ code: expect.stringMatching(/^(ENOTEMPTY|EEXIST|EPERM)$/) });
    expect(await contentsOf(target)).toEqual({ old: 'old' });
  });
});

describe('diskError', () => {
  it('is an error of the argument', () => {
    const thrown = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const error = diskError(thrown, '/data/x');
    expect(factsOf(error)).toEqual({
      kind: 'validation',
      field: 'targetDirectory',
      message: 'targetDirectory: writing /data/x failed (ENOSPC: no space left on device). Nothing is left of it; try another folder',
      retriable: false,
    });
    expect(error.cause).toBe(thrown);
  });

  it('keeps an error of ours', () => {
    const ours = new TinkerError('http', 'x');
    expect(diskError(ours, '/data/x')).toBe(ours);
  });
});
