import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { prepareWorkspace } from '../../../src/cli/quickstart/workspace.js';

describe('prepareWorkspace', () => {
  let out = '';

  beforeEach(async () => {
    out = join(await mkdtemp(join(tmpdir(), 'quickstart-workspace-')), 'out');
  });

  afterEach(() => rm(join(out, '..'), { recursive: true }));

  it('makes the directories', async () => {
    await expect(prepareWorkspace(out)).resolves.toEqual({ chart: join(out, 'loss.svg'), dataDir: join(out, 'server-data') });
    await expect(readFile(join(out, 'server-data', 'quickstart.pid'), 'utf8')).resolves.toBe(`${process.pid}\n`);
  });

  it('empties the server data of an earlier quickstart and keeps everything else', async () => {
    const { dataDir } = await prepareWorkspace(out);
    await writeFile(join(dataDir, 'old'), '');
    await writeFile(join(out, 'mine'), '');
    await prepareWorkspace(out);
    await expect(readdir(dataDir)).resolves.toEqual(['quickstart.pid']);
    await expect(readdir(out)).resolves.toEqual(['mine', 'server-data']);
  });

  it('leaves a directory alone that no quickstart has made', async () => {
    const dataDir = join(out, 'server-data');
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, 'precious'), '');
    await expect(prepareWorkspace(out)).rejects.toThrow(
      `${dataDir} is not from an earlier quickstart. Choose another directory with --out`,
    );
    await expect(readdir(dataDir)).resolves.toEqual(['precious']);
  });

  it('says which directory cannot be made', async () => {
    await writeFile(out, '');
    await expect(prepareWorkspace(join(out, 'inner'))).rejects.toThrow(`cannot make the directory ${join(out, 'inner')} (`);
  });

  it('leaves the server data of a running quickstart alone', async () => {
    const { dataDir } = await prepareWorkspace(out);
    await expect(prepareWorkspace(out, () => true)).rejects.toThrow(
      `${dataDir} is in use by another quickstart (process ${process.pid}). Choose another directory with --out`,
    );
    await expect(readdir(dataDir)).resolves.toEqual(['quickstart.pid']);
  });
});
