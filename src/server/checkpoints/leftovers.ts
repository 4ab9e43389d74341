/** Putting right what a crash during a save left behind. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeHalfWritten } from '../state-store.js';
import { syncDirectory } from './durable.js';
import { isMissing } from './failures.js';
import { MANIFEST_FILE } from './manifest.js';
import { workingKind } from './working-names.js';

/** What was found, as paths. */
export interface Cleaned {
  readonly removed: string[];
  /** Checkpoints put back because their replacement had not taken their place. */
  readonly restored: string[];
}

/**
 * Searches a directory tree for working directories of interrupted saves. Unfinished ones are
 * removed; a checkpoint that was moved aside is put back when nothing took its place. Call it
 * before anything else uses the tree. A root that does not exist is an empty one.
 */
export async function cleanUpLeftovers(root: string): Promise<Cleaned> {
  const cleaned: Cleaned = { removed: [], restored: [] };
  await cleanDirectory(root, cleaned);
  return cleaned;
}

async function cleanDirectory(directory: string, cleaned: Cleaned): Promise<void> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    // A checkpoint holds no checkpoints, but may hold half of a change of what may change.
    if (entries.some((entry) => entry.name === MANIFEST_FILE)) {
      cleaned.removed.push(...(await removeHalfWritten(directory)));
      return;
    }
    names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  } catch (cause) {
    if (isMissing(cause)) return;
    throw cause;
  }
  let changed = false;
  for (const name of names) {
    const path = join(directory, name);
    const kind = workingKind(name);
    if (kind === undefined) {
      await cleanDirectory(path, cleaned);
      continue;
    }
    changed = true;
    if (kind === 'replaced') await putBack(path, directory, cleaned);
    await rm(path, { recursive: true, force: true });
    cleaned.removed.push(path);
  }
  if (changed) await syncDirectory(directory);
}

async function putBack(outer: string, directory: string, cleaned: Cleaned): Promise<void> {
  for (const name of await readdir(outer)) {
    const place = join(directory, name);
    if (await exists(place)) continue;
    await rename(join(outer, name), place);
    await syncDirectory(directory);
    cleaned.restored.push(place);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}
