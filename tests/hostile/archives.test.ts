import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { extractArchive, inspectArchive } from '../../src/rest/archive-extract.js';
import { TinkerError } from '../../src/types/errors.js';
import { rejection } from '../support/clients.js';
import { tarOf, type TarEntry } from '../support/tar.js';
import { temporaryFolder } from '../support/temporary.js';
import { cases } from './support/budget.js';
import { mutatedBytes } from './support/mutations.js';

const never = new AbortController().signal;
const weights: readonly TarEntry[] = [
  { path: 'adapter_config.json', content: '{"r":8}' },
  { path: 'sub/', type: 'Directory' },
  { path: 'sub/adapter_model.safetensors', content: Buffer.alloc(3000, 7) },
  { path: 'checkpoint_complete' },
];

const paths = ['../x', '/etc/x', 'a/../../x', 'sub', 'sub/adapter_model.safetensors/x', 'C:x', 'a\\b', '.', '..', '...', 'x/./y', '\u202e', 'x'.repeat(90), 'link/x', 'link'];
const entry = fc.record({
  path: fc.constantFrom(...paths, ...weights.map(({ path }) => path)),
  type: fc.constantFrom('File', 'Directory', 'SymbolicLink', 'Link', 'CharacterDevice', 'BlockDevice', 'FIFO', 'ContiguousFile', 'OldFile'),
  linkpath: fc.constantFrom('', '..', '/etc', '../outside', 'adapter_config.json'),
  content: fc.constantFrom('', 'text'),
}) satisfies fc.Arbitrary<TarEntry>;

const archives = fc.oneof(
  fc.constantFrom(...paths).map((path) => tarOf([{ path, content: 'text' }])),
  mutatedBytes([tarOf(weights), gzipSync(tarOf(weights))]),
  fc.array(entry, { minLength: 1, maxLength: 4 }).map((entries) => tarOf(entries)),
  fc.array(entry, { minLength: 1, maxLength: 2 }).map((entries) => gzipSync(tarOf([...weights, ...entries]))),
);

describe('archives made in bad faith', () => {
  it('are refused with nothing written, or unpacked into their folder and nowhere else', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, 'outside'));
    await writeFile(join(root, 'outside', 'kept'), 'as it was');
    let [taken, refused] = [0, 0];
    for (const bytes of cases(archives, 150)) {
      const file = join(root, 'archive');
      await writeFile(file, bytes);
      const folder = join(root, 'target');
      await mkdir(folder);
      try {
        const { files } = await inspectArchive(file, never);
        await extractArchive(file, folder, never, () => undefined);
        const entries = await readdir(folder, { recursive: true, withFileTypes: true });
        const written = entries.filter((found) => !found.isDirectory());
        expect(written.every((found) => found.isFile())).toBe(true);
        expect(written).toHaveLength(files.length);
        taken += 1;
      } catch (thrown) {
        if (!(thrown instanceof TinkerError && thrown.kind === 'malformedResponse')) throw new Error('no error of ours', { cause: thrown });
        refused += 1;
      }
      await rm(folder, { recursive: true });
      expect((await readdir(root)).sort()).toEqual(['archive', 'outside']);
      expect([await readdir(join(root, 'outside')), await readFile(join(root, 'outside', 'kept'), 'utf8')]).toEqual([['kept'], 'as it was']);
    }
    expect([taken > 0, refused > 0]).toEqual([true, true]);
  });

  it('are not written through a link that stands where a file belongs', async () => {
    const root = await temporaryFolder();
    const [file, folder, outside] = [join(root, 'archive'), join(root, 'target'), join(root, 'outside')];
    await mkdir(folder);
    await writeFile(outside, 'as it was');
    await symlink(outside, join(folder, 'adapter_config.json'));
    await writeFile(file, tarOf(weights));
    expect(await rejection(extractArchive(file, folder, never, () => undefined))).toMatchObject({ code: 'EEXIST' });
    expect(await readFile(outside, 'utf8')).toBe('as it was');
  });

  it('that unpack to very much more than they are, are refused', async () => {
    const root = await temporaryFolder();
    const file = join(root, 'archive');
    const many = Array.from({ length: 10_001 }, (_, index): TarEntry => ({ path: `f${index}` }));
    await writeFile(file, gzipSync(tarOf(many)));
    expect(await rejection(inspectArchive(file, never))).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('comes after 10000 others') });
    await writeFile(file, tarOf([{ path: 'huge', size: 2 ** 33 - 1 }]));
    expect(await rejection(inspectArchive(file, never))).toMatchObject({ kind: 'malformedResponse' });
  });
});
