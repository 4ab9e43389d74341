import { TinkerError } from '../types/errors.js';

/** The parts of an archive's entry that decide where it may go. */
export interface EntryHead {
  readonly type: string;
  readonly path: string;
  /** Bytes of its content. */
  readonly size: number;
}

/** A file or folder of an archive, by its place below the archive's root. */
export interface Placed {
  readonly kind: 'file' | 'folder';
  /** Parts joined by `/`; empty for the root itself. */
  readonly name: string;
  readonly bytes: number;
}

/** A file that was extracted. */
export interface ArchiveFile {
  /** Its path below the target folder, with `/`. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

const kinds: ReadonlyMap<string, Placed['kind']> = new Map([
  ['File', 'file'],
  ['OldFile', 'file'],
  ['Directory', 'folder'],
]);

// On some systems a backslash parts folders and a colon names a drive or a stream.
const strange = /[\\:\p{Cc}]/u;

/** How much an archive may hold: more than any checkpoint, and not without an end. */
export interface ArchiveLimits {
  /** Files and folders. */
  readonly entries: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

/** The limits of every download. */
export const archiveLimits: ArchiveLimits = { entries: 10_000, bytes: 2 ** 40 };

/**
 * What an archive holds, entry by entry. Only files and folders below its root are taken, each name once:
 * links, devices, paths that lead out, entries that would replace or contain each other, and too many are refused.
 */
export class ArchiveEntries {
  readonly files: ArchiveFile[] = [];
  readonly #names = new Map<string, Placed['kind']>();
  readonly #limits: ArchiveLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits = archiveLimits) {
    this.#limits = limits;
  }

  /**
   * Checks one more entry.
   * @throws TinkerError `malformedResponse` naming the entry and what is wrong with it
   */
  add({ type, path, size }: EntryHead): Placed {
    const kind = kinds.get(type);
    if (kind === undefined) throw refused(path, `is a ${type}, not a file or a folder`);
    // What Python's tarfile makes of a folder that is added under an empty name.
    const isRoot = kind === 'folder' && path === '/';
    if ((path.startsWith('/') && !isRoot) || strange.test(path)) throw refused(path, 'does not have a plain relative path');
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw refused(path, 'leads out of the archive');
    if (parts.length === 0 && kind === 'file') throw refused(path, 'has no name');
    this.#count += 1;
    if (this.#count > this.#limits.entries) throw refused(path, `comes after ${this.#limits.entries} others, more than any checkpoint has`);
    if (kind === 'file') this.#bytes += size;
    if (this.#bytes > this.#limits.bytes) throw refused(path, `makes more than ${this.#limits.bytes} bytes of it, more than any checkpoint has`);
    const name = parts.join('/');
    this.#claim(path, parts, kind);
    if (kind === 'file') this.files.push({ name, bytes: size });
    return { kind, name, bytes: kind === 'file' ? size : 0 };
  }

  /** Bytes of all files together. */
  get bytes(): number {
    return this.#bytes;
  }

  #claim(path: string, parts: readonly string[], kind: Placed['kind']): void {
    // As file systems compare that know neither case nor the ways to write an accent.
    const keys = parts.map((_, index) => parts.slice(0, index + 1).join('/').normalize('NFC').toLowerCase());
    for (const [index, key] of keys.entries()) {
      const isItself = index === keys.length - 1;
      const there = this.#names.get(key);
      if (there === 'file' || (there === 'folder' && isItself && kind === 'file')) throw refused(path, 'is in the way of another entry');
      this.#names.set(key, isItself ? kind : 'folder');
    }
  }
}

function refused(path: string, why: string): TinkerError {
  return new TinkerError(
    'malformedResponse',
    `The archive is refused and nothing was extracted: its entry ${JSON.stringify(path.slice(0, 200))} ${why}`,
  );
}
