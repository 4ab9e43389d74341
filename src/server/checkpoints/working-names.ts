/**
 * Directories that hold a checkpoint which is not in its place (yet, or any more).
 *
 * They lie beside that place, so that a rename stays within one file system, and start with a dot,
 * which no checkpoint name does. The checkpoint keeps its own name inside, so that one moved aside
 * can be put back, and so that long names need no room for a prefix.
 */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** `saving`: being written. `replaced`: the old one, while the new one takes its place. */
export type WorkingKind = 'saving' | 'replaced';

const PATTERN = /^\.(saving|replaced)\.[0-9a-f]{12}$/;

/** The path of a fresh working directory beside a checkpoint. */
export function workingPath(kind: WorkingKind, checkpoint: string): string {
  return join(dirname(checkpoint), `.${kind}.${randomBytes(6).toString('hex')}`);
}

/** A fresh working directory for a checkpoint, and the checkpoint's path inside. */
export function workingPlace(kind: WorkingKind, checkpoint: string): { outer: string; inner: string } {
  const outer = workingPath(kind, checkpoint);
  return { outer, inner: join(outer, basename(checkpoint)) };
}

/** The kind of a working directory by its name, or undefined for any other name. */
export function workingKind(name: string): WorkingKind | undefined {
  const kind = PATTERN.exec(name)?.[1];
  return kind === 'saving' || kind === 'replaced' ? kind : undefined;
}
