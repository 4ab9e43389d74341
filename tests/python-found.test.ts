import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// A plain module, which the compiler does not read: the benchmarks use it too.
const path: string = './python/support/python.mjs';
const { findPython }: { findPython: (commands: readonly string[]) => Promise<string> } = await import(path);

const folder = mkdtempSync(join(tmpdir(), 'tinkerjs-python-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command that says its version, and whether it has what virtual environments want. */
function pretending(name: string, version: string, hasVenv: boolean): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\ncase "$2" in *venv*) exit ${hasVenv ? 0 : 1};; esac\necho ${version}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('what runs the official SDK', () => {
  const old = pretending('old', '3.9', true);
  const bare = pretending('bare', '3.11', false);
  const whole = pretending('whole', '3.11', true);

  it('is the first Python 3.11 that can make virtual environments', async () => {
    expect(await findPython([join(folder, 'missing'), old, bare, whole])).toBe(whole);
  });

  it('is missed with what to install where there is none', async () => {
    await expect(findPython([join(folder, 'missing'), old])).rejects.toThrow(/^Python 3\.11 was not found .*apt-get install python3\.11 python3\.11-venv/);
  });

  it('is missed with what it lacks where it makes no environments', async () => {
    await expect(findPython([bare])).rejects.toThrow(/^\S+bare cannot make virtual environments: .*apt-get install python3\.11-venv/);
  });
});
