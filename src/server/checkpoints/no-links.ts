import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from './failures.js';

/**
 * Makes sure that a checkpoint's folder, and that of its run, are where they seem to be: what is written or removed there is
 * to stay below the server's data folder.
 * @throws Error when one of them is a symbolic link
 */
export async function refuseLinkedFolder(directory: string): Promise<void> {
  for (const folder of [directory, dirname(directory)]) {
    const found = await lstat(folder).catch((thrown: unknown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
    if (found?.isSymbolicLink() === true) throw new Error('its folder is a symbolic link, which may lead elsewhere');
  }
}

/**
 * Reads a whole file that is one.
 * @throws Error when there is none, or something else in its place, such as a symbolic link
 */
export async function readPlainFile(path: string): Promise<Buffer> {
  if (!(await lstat(path)).isFile()) throw new Error('it is not a regular file');
  return await readFile(path);
}
