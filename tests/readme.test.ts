import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The first code block of a language. */
function block(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no ${language} block`);
  return code;
}

describe('README', () => {
  it('gives the two commands on its first screen', () => {
    expect(readme.split('\n').slice(0, 14).join('\n')).toContain(block('sh'));
    expect(block('sh')).toMatch(/^npm ci && npm run quickstart .*\nnpm ci && npm test /);
  });

  it('has an example that runs, and whose loss falls', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinkerjs-readme-'));
    try {
      const built = pathToFileURL(join(root, 'dist')).href;
      const example = block('ts').replace("'tinkerjs/server'", `'${built}/server/index.js'`).replace("'tinkerjs'", `'${built}/client/index.js'`);
      writeFileSync(join(folder, 'example.mjs'), example.replace('startLocalServer()', `startLocalServer({ dataDir: ${JSON.stringify(folder)} })`));
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'example.mjs')]);
      const lines = stdout.trim().split('\n');
      const losses = lines.slice(0, 10).map((line) => Number(line.split(' ')[1]));
      expect(lines.at(10)).toMatch(/^Alice was/);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 1.5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  it('names only places that exist', () => {
    const places = [...readme.matchAll(/\]\((docs\/[^)]+)\)/g)].map(([, place]) => place ?? '');
    for (const place of places) expect(readFileSync(join(root, place), 'utf8').length).toBeGreaterThan(0);
    expect(places).toContain('docs/decisions.md');
  });
});
