import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable.js';
import { refuseLinkedFolder } from './no-links.js';
import { workingPath } from './working-names.js';

/**
 * Takes a checkpoint out of sight in one step before deleting its files, so that neither a reader nor
 * a crash meets half of it.
 */
export async function removeCheckpoint(directory: string): Promise<void> {
  await refuseLinkedFolder(directory);
  // Named like an unfinished save, it is cleaned up at the next start should the deletion be cut short.
  const aside = workingPath('saving', directory);
  await rename(directory, aside);
  await syncDirectory(dirname(directory));
  await rm(aside, { recursive: true, force: true });
}
