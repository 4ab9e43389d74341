/**
 * Names of directories that are not checkpoints (yet, or any more).
 *
 * They lie beside the checkpoint, so that a rename stays within one file system, and start with a
 * dot, which no checkpoint name does.
 */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** `saving`: being written. `replaced`: the old one, while the new one takes its place. */
export type WorkingKind = 'saving' | 'replaced';

const PATTERN = /^\.(saving|replaced)\.[0-9a-f]{12}\.(.+)$/;

/** A fresh sibling path for a checkpoint directory. */
export function workingPath(kind: WorkingKind, directory: string): string {
  return join(dirname(directory), `.${kind}.${randomBytes(6).toString('hex')}.${basename(directory)}`);
}

/** What a directory name says, or undefined when it is not a working name. */
export function parseWorkingName(name: string): { kind: WorkingKind; checkpoint: string } | undefined {
  const [, kind, checkpoint] = PATTERN.exec(name) ?? [];
  if (checkpoint === undefined) return undefined;
  return { kind: kind === 'saving' ? 'saving' : 'replaced', checkpoint };
}
