import { mkdir, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { extractArchive, inspectArchive } from '../../src/rest/archive-extract.js';
import { rejection } from '../support/clients.js';
import { tarOf, type TarEntry } from '../support/tar.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

const { signal } = new AbortController();
const plain: readonly TarEntry[] = [
  { path: './', type: 'Directory' },
  { path: './adapter_config.json', content: '{}' },
  { path: 'sub/', type: 'Directory' },
  { path: 'sub/weights', content: 'w'.repeat(3000) },
  { path: 'deep/er/empty' },
];

async function stored(bytes: Buffer): Promise<{ file: string; folder: string }> {
  const root = await temporaryFolder();
  const folder = join(root, 'out');
  await mkdir(folder);
  await writeFile(join(root, 'archive'), bytes);
  return { file: join(root, 'archive'), folder };
}

describe.each([
  ['plain', (bytes: Buffer) => bytes],
  ['gzipped', (bytes: Buffer) => gzipSync(bytes)],
])('a %s archive', (_, packed) => {
  it('is inspected without anything being written', async () => {
    const { file, folder } = await stored(packed(tarOf(plain)));
    const entries = await inspectArchive(file, signal);
    expect([entries.files, entries.bytes]).toEqual([
      [{ name: 'adapter_config.json', bytes: 2 }, { name: 'sub/weights', bytes: 3000 }, { name: 'deep/er/empty', bytes: 0 }],
      3002,
    ]);
    expect(await contentsOf(folder)).toEqual({});
  });

  it('is extracted, with its bytes told', async () => {
    const { file, folder } = await stored(packed(tarOf(plain)));
    const counts: number[] = [];
    await extractArchive(file, folder, signal, (count) => counts.push(count));
    expect(await contentsOf(folder)).toEqual({
      'adapter_config.json': '{}',
      sub: null,
      'sub/weights': 'w'.repeat(3000),
      deep: null,
      'deep/er': null,
      'deep/er/empty': '',
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3002);
    // The archive's own mode would leave them unreadable.
    expect(statSync(join(folder, 'sub/weights')).mode & 0o600).toBe(0o600);
  });

  it('is refused when it is cut off within a file', async () => {
    const whole = packed(tarOf(plain));
    const { file } = await stored(whole.subarray(0, Math.floor(whole.length * 0.7)));
    expect(await rejection(inspectArchive(file, signal))).toMatchObject({
      kind: 'malformedResponse',
      message: expect.stringMatching(/^The archive is damaged or cut off \(.+\)\. Download it again$/),
    });
  });

  it('is refused when it is cut off between two files', async () => {
    const { file } = await stored(packed(tarOf(plain, { endMark: false })));
    expect(await rejection(inspectArchive(file, signal))).toMatchObject({
      message: 'The archive is damaged or cut off (it ends without its end mark). Download it again',
    });
  });
});

describe('inspectArchive', () => {
  it.each<TarEntry>([
    { path: '../escaped', content: 'x' },
    { path: '/absolute', content: 'x' },
    { path: 'link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    { path: 'link', type: 'Link', linkpath: '../outside' },
    { path: 'device', type: 'CharacterDevice' },
    { path: 'pipe', type: 'FIFO' },
    { path: 'sub/weights', content: 'again' },
  ])('refuses an archive with %j', async (entry) => {
    const { file } = await stored(tarOf([...plain, entry, { path: 'after', content: 'x' }]));
    expect(await rejection(inspectArchive(file, signal))).toMatchObject({
      kind: 'malformedResponse',
      message: expect.stringContaining(`its entry ${JSON.stringify(entry.path)} `),
    });
  });

  it('refuses a file that claims to be longer than the archive', async () => {
    const { file } = await stored(tarOf([{ path: 'a', content: 'x', size: 5_000_000 }]));
    expect(await rejection(inspectArchive(file, signal))).toMatchObject({ kind: 'malformedResponse' });
  });

  it('refuses what is no archive', async () => {
    const { file } = await stored(Buffer.from('<html>'.repeat(200)));
    expect(await rejection(inspectArchive(file, signal))).toMatchObject({ kind: 'malformedResponse' });
  });

  it('takes weights of nothing but zeros, which shrink a thousandfold', async () => {
    const { file } = await stored(gzipSync(tarOf([{ path: 'zeros', content: Buffer.alloc(8_000_000) }]), { level: 9 }));
    expect((await inspectArchive(file, signal)).bytes).toBe(8_000_000);
  });

  it('fails when the file cannot be read', async () => {
    expect(await rejection(inspectArchive(join(await temporaryFolder(), 'missing'), signal))).toMatchObject({ code: 'ENOENT' });
  });

  it('stops when its signal says so', async () => {
    const { file } = await stored(tarOf(plain));
    expect(await rejection(inspectArchive(file, AbortSignal.abort()))).toMatchObject({ name: 'AbortError' });
  });
});

describe('extractArchive', () => {
  it('replaces nothing', async () => {
    const { file, folder } = await stored(tarOf(plain));
    await writeFile(join(folder, 'adapter_config.json'), 'mine');
    expect(await rejection(extractArchive(file, folder, signal, () => undefined))).toMatchObject({ code: 'EEXIST' });
    expect((await contentsOf(folder))['adapter_config.json']).toBe('mine');
  });
});
