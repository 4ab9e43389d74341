import { lstat, mkdtemp, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode } from '../api/failure.js';
import { invalid, invalidPhrase, messageOf, TinkerError } from '../types/errors.js';

const field = 'targetDirectory';

/**
 * Checks the folder that a checkpoint is to become, before anything is sent.
 * @returns its absolute path
 * @throws TinkerError `validation` when it is there already and may not be replaced, or cannot be made
 */
export async function checkTarget(targetDirectory: unknown, force: boolean): Promise<string> {
  if (typeof targetDirectory !== 'string' || targetDirectory === '') throw invalid(field, targetDirectory, 'the path of the folder to be made');
  const target = resolve(targetDirectory);
  const parent = await statOf(stat, dirname(target));
  if (parent?.isDirectory() !== true) throw invalidPhrase(field, target, `a path in a folder that exists: make ${dirname(target)} first`);
  const there = await statOf(lstat, target);
  if (there === undefined) return target;
  if (!force) throw invalidPhrase(field, `${target}, which exists`, 'a path where nothing is yet, or the option force to have the folder replaced');
  if (!there.isDirectory()) throw invalidPhrase(field, `${target}, which is no folder`, 'a folder to be replaced');
  return target;
}

async function statOf<S>(read: (path: string) => Promise<S>, path: string): Promise<S | undefined> {
  try {
    return await read(path);
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined;
    throw diskError(thrown, path);
  }
}

/** Makes a hidden folder beside the target: on the same disk, so that what is ready can be moved there at once. */
export async function makeWorkspace(target: string): Promise<string> {
  return mkdtemp(join(dirname(target), `.${basename(target)}-`));
}

/** Moves the finished folder to its place; what was there is kept until then, and put back if that fails. */
export async function putInPlace(ready: string, target: string, workspace: string, force: boolean): Promise<void> {
  const replaced = join(workspace, 'replaced');
  await syncFolder(ready);
  const hasMoved = force && (await movedAway(target, replaced));
  try {
    await rename(ready, target);
  } catch (thrown) {
    if (hasMoved) await rename(replaced, target);
    throw thrown;
  }
  await syncFolder(dirname(target));
}

async function movedAway(target: string, to: string): Promise<boolean> {
  try {
    await rename(target, to);
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

/** Makes the names in a folder as lasting as the files; not every system can. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await Promise.allSettled([handle?.sync()]);
  await handle?.close();
}

/** What the disk refuses, as an error of the argument that names the place. */
export function diskError(thrown: unknown, target: string): TinkerError {
  if (thrown instanceof TinkerError) return thrown;
  return new TinkerError('validation', `${field}: writing ${target} failed (${messageOf(thrown)}). Nothing is left of it; try another folder`, {
    field,
    cause: thrown,
  });
}
