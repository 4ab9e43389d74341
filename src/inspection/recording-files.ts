import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a recording goes, and how much of it is kept. */
export interface RecordingLimits {
  /** Its whole path. */
  readonly file: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** An open file, as Node's file handles are. */
export interface OpenFile {
  write(bytes: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  stat(): Promise<{ readonly nlink: number }>;
  close(): Promise<void>;
}

/** What a recording needs of a file system. */
export interface Disk {
  mkdir(path: string, options: { readonly recursive: true }): Promise<unknown>;
  access(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { readonly force: true }): Promise<void>;
  open(path: string, flags: 'wx'): Promise<OpenFile>;
  /** Makes an empty file where there is none. */
  claim(path: string): Promise<void>;
}

export const realDisk: Disk = { mkdir, access, rename, rm, open, claim: (path) => writeFile(path, '', { flag: 'wx' }) };

interface CurrentFile {
  readonly handle: OpenFile;
  /** Up to where it holds whole lines. */
  size: number;
  /** Bytes that it began with. */
  readonly opening: number;
}

const mostCollisions = 5;
/** So often a turn is asked for, a fifth of a second long; it is taken for a few milliseconds at most. */
const mostAsked = 2_000;

/**
 * The files of a recording: FILE is the newest, FILE.1 the one before it. Each is made by one process alone, which never
 * opens an existing one: lines of several processes cannot mix, they only push each other's files on.
 */
export class RecordingFiles {
  readonly #limits: RecordingLimits;
  readonly #disk: Disk;
  #current: CurrentFile | undefined;

  constructor(limits: RecordingLimits, disk: Disk) {
    this.#limits = limits;
    this.#disk = disk;
  }

  /**
   * Writes whole lines, to as many files as they need. Fails as the disk does; some of the lines are written then, and
   * the file still ends with a whole one.
   * @param opening gives the lines that a file begins with
   */
  async write(lines: readonly string[], opening: () => string): Promise<void> {
    let current = await this.#present(opening);
    let batch: string[] = [];
    let bytes = 0;
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      const filled = current.size + bytes;
      // A file takes one line at least, however much it begins with.
      if (filled + length > this.#limits.maxBytes && filled > current.opening) {
        await append(current, batch.join(''));
        current = await this.#begin(opening);
        [batch, bytes] = [[], 0];
      }
      batch.push(line);
      bytes += length;
    }
    await append(current, batch.join(''));
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.handle.close();
  }

  /** The file to go on in; a new one where there is none yet, or where somebody deleted it. */
  async #present(opening: () => string): Promise<CurrentFile> {
    if (this.#current === undefined) return this.#begin(opening);
    const { nlink } = await this.#current.handle.stat().catch(() => ({ nlink: 0 }));
    return nlink === 0 ? this.#begin(opening) : this.#current;
  }

  async #begin(opening: () => string): Promise<CurrentFile> {
    await this.close();
    await this.#disk.mkdir(dirname(this.#limits.file), { recursive: true });
    const handle = await this.#create();
    try {
      const text = opening();
      const current = { handle, size: 0, opening: Buffer.byteLength(text) };
      await append(current, text);
      this.#current = current;
      return current;
    } catch (thrown) {
      // Without its beginning it would only push older files out at the next attempt.
      await handle.close();
      await this.#disk.rm(this.#limits.file, { force: true });
      throw thrown;
    }
  }

  async #create(): Promise<OpenFile> {
    const turn = `${this.#limits.file}.turn`;
    await this.#takeTurn(turn);
    try {
      return await this.#createInTurn();
    } finally {
      await this.#disk.rm(turn, { force: true }).catch(() => undefined);
    }
  }

  /** Two processes that move files at once could put one file in the place of another. */
  async #takeTurn(turn: string): Promise<void> {
    for (let asked = 1; asked <= mostAsked; asked += 1) {
      try {
        await this.#disk.claim(turn);
        return;
      } catch (thrown) {
        // Where there is no room for it, there is none for a recording, which says so.
        if (codeOf(thrown) !== 'EEXIST') return;
      }
    }
    // A process that was killed has left it behind.
  }

  async #createInTurn(): Promise<OpenFile> {
    for (let collisions = 0; ; collisions += 1) {
      await this.#shift();
      try {
        return await this.#disk.open(this.#limits.file, 'wx');
      } catch (thrown) {
        // Another process made it in between.
        if (codeOf(thrown) !== 'EEXIST' || collisions === mostCollisions) throw thrown;
      }
    }
  }

  /** Makes room for a new file: every file moves on by one place, the oldest is removed. */
  async #shift(): Promise<void> {
    const { file, maxFiles } = this.#limits;
    let free = 0;
    while (free < maxFiles - 1 && (await this.#exists(placeOf(file, free)))) free += 1;
    if (free === maxFiles - 1) await this.#disk.rm(placeOf(file, free), { force: true });
    for (let place = free; place > 0; place -= 1) {
      await this.#disk.rename(placeOf(file, place - 1), placeOf(file, place)).catch((thrown: unknown) => {
        // Another process moved it first.
        if (codeOf(thrown) !== 'ENOENT') throw thrown;
      });
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#disk.access(path);
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return false;
      throw thrown;
    }
  }
}

function placeOf(file: string, place: number): string {
  return place === 0 ? file : `${file}.${place}`;
}

async function append(current: CurrentFile, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let done = 0;
  try {
    while (done < bytes.length) {
      const { bytesWritten } = await current.handle.write(bytes, done, bytes.length - done, current.size + done);
      done += bytesWritten;
    }
  } catch (thrown) {
    await current.handle.truncate(current.size).catch(() => undefined);
    throw thrown;
  }
  current.size += bytes.length;
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
