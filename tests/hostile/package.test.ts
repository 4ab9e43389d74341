import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as t from 'io-ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const Packed = t.array(t.strict({ files: t.array(t.strict({ path: t.string, mode: t.number })) }));
const Package = t.strict({ scripts: t.record(t.string, t.string), bin: t.record(t.string, t.string), dependencies: t.record(t.string, t.string) });

/** What a user's npm runs by itself, or would, from a tarball or from a repository. */
const ranByItself = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare', 'dependencies', 'prepack', 'postpack'];

const expected: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^assets\/[\w./-]+\.(md|txt)$/,
  /^dist\/[\w./-]+\.(js|js\.map|d\.ts|d\.ts\.map)$/,
  /^dist\/client\/[\w.-]+\.txt$/,
  /^dist\/inspector\/[\w./-]+\.(html|css|css\.map)$/,
];

let files: readonly { readonly path: string; readonly mode: number }[];
beforeAll(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--dry-run', '--ignore-scripts', '--offline'], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const listed: unknown = JSON.parse(stdout.slice(stdout.indexOf('[')));
  if (!Packed.is(listed)) throw new Error('npm pack lists no files');
  files = listed.flatMap((each) => each.files);
});

async function manifest(): Promise<t.TypeOf<typeof Package>> {
  const found: unknown = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  if (!Package.is(found)) throw new Error('package.json is not what it was');
  return found;
}

describe('the published package', () => {
  it('runs nothing when it is installed', async () => {
    const { scripts } = await manifest();
    expect(ranByItself.filter((name) => name in scripts)).toEqual([]);
  });

  it('holds what it is made of and nothing else: no tests, no keys, no settings', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(({ path }) => !expected.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(files.filter(({ path }) => /(^|\/)\.|(^|\/)tests?\/|\.test\.|api-key|token-secret|node_modules|binding\.gyp/i.test(path))).toEqual([]);
  });

  it('holds its commands, and only those may be run', async () => {
    const { bin } = await manifest();
    for (const path of Object.values(bin)) expect(files.map((file) => file.path)).toContain(path.replace('./', ''));
  });

  it('takes every package from wherever npm looks, in versions whose contents are written down', async () => {
    const lock: unknown = JSON.parse(await readFile(`${root}/package-lock.json`, 'utf8'));
    const Lock = t.type({ packages: t.record(t.string, t.partial({ resolved: t.unknown, integrity: t.string, link: t.boolean })) });
    if (!Lock.is(lock)) throw new Error('package-lock.json is not what it was');
    const others = Object.entries(lock.packages).filter(([path, { resolved, integrity = '' }]) => path !== '' && (resolved !== undefined || !integrity.startsWith('sha512-')));
    expect(others.map(([path]) => path)).toEqual([]);
  });
});
