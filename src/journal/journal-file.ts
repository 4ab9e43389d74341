import type { AppendFile, DiskLock, JournalDisk } from './disk.js';
import { directoryOf } from './paths.js';
import { toLine } from './lines.js';
import type { JournalRecord } from './records.js';
import type { JournalState } from './state.js';
import { messageOf, TinkerError } from '../types/errors.js';

/** Records that wait for the disk, and what comes after them. */
interface Waiting {
  readonly record: JournalRecord;
  /** Whether it holds only once it is on the disk. */
  readonly isIntended: boolean;
  readonly done: () => void;
  readonly failed: (error: TinkerError) => void;
}

const longestBytes = 1 << 20;

/**
 * A journal that is being written. Records that come while the disk is busy go to it together. After an error nothing
 * is assumed of the file's end: the whole is written anew beside it and takes its place.
 */
export class JournalFile {
  readonly path: string;
  #state: JournalState;
  readonly #disk: JournalDisk;
  readonly #lock: DiskLock;
  #file: AppendFile | undefined;
  #bytes = 0;
  /** From which size on a file is written anew. */
  #limit = longestBytes;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #closed = false;

  constructor(path: string, state: JournalState, disk: JournalDisk, lock: DiskLock) {
    this.path = path;
    this.#state = state;
    this.#disk = disk;
    this.#lock = lock;
  }

  /** What it says. */
  get state(): JournalState {
    return this.#state;
  }

  /**
   * Writes what must be on the disk before anything follows from it; it holds when the promise has resolved.
   * @throws TinkerError `journal`; then it is as if it had never been said
   */
  async commit(record: JournalRecord): Promise<void> {
    await this.#write(record, true);
  }

  /** Writes what has happened; it is known from now on, and on the disk when the promise has resolved. */
  async note(record: JournalRecord): Promise<void> {
    this.state.apply(record);
    await this.#write(record, false);
  }

  /** Waits for what is being written; whether all that is known is on the disk then. */
  async isWritten(): Promise<boolean> {
    await this.#writing;
    return this.#file !== undefined;
  }

  /** Writes the whole anew, as short as it can be. */
  async rewrite(): Promise<void> {
    const beside = `${this.path}.new`;
    const bytes = encoded(this.state.summary());
    await this.#disk.remove(beside);
    const file = await this.#disk.openToAppend(beside);
    const old = this.#file;
    try {
      await file.append(bytes);
      await file.sync();
      // From here on it is not clear which of the two has the name.
      this.#file = undefined;
      await this.#disk.rename(beside, this.path);
      await this.#disk.syncDirectory(directoryOf(this.path));
    } catch (thrown) {
      await file.close().catch(() => undefined);
      if (this.#file === undefined) await old?.close().catch(() => undefined);
      throw thrown;
    }
    await old?.close().catch(() => undefined);
    this.#file = file;
    this.#bytes = bytes.length;
    this.#limit = Math.max(longestBytes, 2 * bytes.length);
  }

  /** Goes on with another model, in place of all that was said before. */
  async restart(state: JournalState): Promise<void> {
    const before = this.#state;
    this.#state = state;
    try {
      await this.rewrite();
    } catch (thrown) {
      this.#state = before;
      throw this.#error(messageOf(thrown), thrown);
    }
  }

  /** Writes what waits, and lets others take the journal. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#file?.close().catch(() => undefined);
    await this.#lock.release().catch(() => undefined);
  }

  async #write(record: JournalRecord, isIntended: boolean): Promise<void> {
    if (this.#closed) throw this.#error('it is closed');
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ record, isIntended, done, failed });
      if (!this.#isWriting) this.#writing = this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writeGroup(group.map(({ record }) => record));
        for (const { record, isIntended, done } of group) {
          // At once: the next group may be written anew from what is known.
          if (isIntended) this.state.apply(record);
          done();
        }
      } catch (thrown) {
        const error = thrown instanceof TinkerError ? thrown : this.#error(messageOf(thrown), thrown);
        for (const { failed } of group) failed(error);
      }
    }
    this.#isWriting = false;
  }

  async #writeGroup(records: readonly JournalRecord[]): Promise<void> {
    const bytes = encoded(records);
    try {
      if (!(await this.#lock.isHeld())) throw this.#error('another process has taken it over');
      // It holds what has happened, also where that could not be written before.
      if (this.#file === undefined) await this.rewrite();
      else if (this.#bytes > this.#limit) await this.#shorten();
      await this.#file?.append(bytes);
      await this.#file?.sync();
    } catch (thrown) {
      await this.#file?.close().catch(() => undefined);
      this.#file = undefined;
      throw thrown;
    }
    this.#bytes += bytes.length;
  }

  /** Where there is no room for a second file, the first may go on growing for a while. */
  async #shorten(): Promise<void> {
    try {
      await this.rewrite();
    } catch (thrown) {
      if (this.#file === undefined) throw thrown;
      this.#limit = 2 * this.#bytes;
    }
  }

  #error(why: string, cause?: unknown): TinkerError {
    return new TinkerError('journal', `the journal ${this.path} cannot be written: ${why}`, { cause, retriable: true });
  }
}

function encoded(records: readonly JournalRecord[]): Uint8Array {
  return new TextEncoder().encode(records.map(toLine).join(''));
}
