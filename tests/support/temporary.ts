import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** An empty folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-test-'));
  made.push(folder);
  return folder;
}

/** Everything below a folder: files with their text, folders as null. */
export async function contentsOf(folder: string): Promise<Record<string, string | null>> {
  const contents: Record<string, string | null> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    contents[path.slice(folder.length + 1)] = entry.isDirectory() ? null : await readFile(path, 'utf8');
  }
  return contents;
}
