import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

/** What a file has loaded before it runs: neither types nor what `import()` loads later. */
function loadedBy(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /(?:^|\n)(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'([^']+)'/g;
  return [...text.matchAll(pattern)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts') : specifier,
  );
}

function allLoadedBy(file: string, seen: Set<string>): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (file.endsWith('.ts')) for (const next of loadedBy(file)) allLoadedBy(next, seen);
  return seen;
}

describe('importing the package', () => {
  const loaded = [...allLoadedBy('index.ts', new Set())];

  it('loads of other packages only what every program needs: the rest takes longer to load than Node to start', () => {
    const packages = loaded.filter((target) => !target.endsWith('.ts') && !target.startsWith('node:'));
    expect(packages.sort()).toEqual(['@bufbuild/protobuf/wire', 'fp-ts/lib/Either.js', 'io-ts', 'xstate']);
  });

  it('loads nothing of the server, and nothing for questions about runs', () => {
    expect(loaded).toContain('rest-client.ts');
    expect(loaded.filter((target) => target.startsWith('server/') || /^rest\/(?!rest-input)/.test(target))).toEqual([]);
  });
});
