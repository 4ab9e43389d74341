import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../src/types/check.js';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8');
const { scripts }: { readonly scripts?: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What stands between backquotes and matches. */
function quoted(pattern: RegExp): readonly string[] {
  return [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, text = '']) => pattern.exec(text)?.[1] ?? []);
}

describe('docs/reliability.md', () => {
  it('names a test for every threat, and each is there', () => {
    const threats = page.slice(page.indexOf('| Threat |')).split('\n\n')[0]?.split('\n').slice(2) ?? [];
    expect(threats.length).toBeGreaterThan(15);
    for (const threat of threats) expect(threat).toMatch(/`tests\/[\w/-]+\.test\.ts` \|$/);
    expect(quoted(/^(tests\/.*)$/).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names only commands that the package has', () => {
    const known = isRecord(scripts) ? Object.keys(scripts) : [];
    const named = quoted(/^npm run ([\w:]+)/).filter((name) => name !== 'jest');
    expect(named).toEqual(expect.arrayContaining(['simulate', 'test:faults', 'test:kills', 'soak']));
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
