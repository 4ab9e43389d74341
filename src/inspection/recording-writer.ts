import { messageOf } from '../types/errors.js';
import type { RecordingFiles } from './recording-files.js';
import { NewestRecords } from './recording-newest.js';
import { type Keyed, keyOf, RecordQueue } from './recording-queue.js';
import { type InspectionRecord, recordsVersion } from './records.js';
import type { RecordSink } from './watcher.js';

/** What drives the pauses of a recording. */
export interface RecordingClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something later; what it returns calls that off. Must not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

export const realClock: RecordingClock = {
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** How long records wait to be written together. */
const pauseMs = 100;
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
/** Few enough that making them text does not hold up the program. */
const linesPerWrite = 500;
const mostWaiting = 10_000;

/** Writes the records of all services of this process that go to the same file. */
export class RecordingWriter {
  readonly #files: RecordingFiles;
  readonly #file: string;
  readonly #clock: RecordingClock;
  readonly #onClose: () => void;
  readonly #queue = new RecordQueue(mostWaiting);
  readonly #newest = new NewestRecords();
  readonly #services: string[] = [];
  #callOff: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #retryMs = 0;
  #hasComplained = false;

  /** @param onClose is told when its last service has ended, before its file is closed */
  constructor(file: string, files: RecordingFiles, clock: RecordingClock, onClose: () => void) {
    this.#file = file;
    this.#files = files;
    this.#clock = clock;
    this.#onClose = onClose;
  }

  join(service: string): RecordSink {
    this.#services.push(service);
    let ended: Promise<void> | undefined;
    return {
      write: (records) => {
        if (ended === undefined) this.#take(records);
      },
      end: () => (ended ??= this.#leave(service)),
    };
  }

  #take(records: readonly InspectionRecord[]): void {
    for (const record of records) {
      const key = keyOf(record);
      this.#newest.take(key, record);
      this.#queue.add(key, record);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#callOff !== undefined || this.#writing !== undefined || this.#queue.size === 0) return;
    this.#callOff = this.#clock.after(Math.max(pauseMs, this.#retryMs), () => void this.#flush());
  }

  /** Writes what waits now; never fails. */
  #flush(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (const notice of this.#queue.notices(this.#clock.now())) this.#queue.add(keyOf(notice), notice);
    // What comes meanwhile waits for the next time: there is one write in a tenth of a second, as a rule.
    for (let left = this.#queue.size; left > 0; left -= linesPerWrite) {
      const taken = this.#queue.take(Math.min(left, linesPerWrite));
      if (!(await this.#write(taken))) return;
    }
  }

  async #write(taken: readonly Keyed[]): Promise<boolean> {
    try {
      await this.#files.write(taken.map(({ record }) => lineOf(record)), () => this.#opening());
      this.#retryMs = 0;
      return true;
    } catch (thrown) {
      this.#queue.putBack(taken);
      this.#retryMs = Math.min(this.#retryMs * 2 || firstRetryMs, longestRetryMs);
      this.#complain(thrown);
      return false;
    }
  }

  #opening(): string {
    const header = { tinkerjs: 'recording', version: recordsVersion, service: this.#services[0], at: this.#clock.now() };
    return [header, ...this.#newest.all()].map(lineOf).join('');
  }

  #complain(thrown: unknown): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    console.error(
      `tinkerjs: the recording ${this.#file} cannot be written: ${messageOf(thrown)}. The program goes on, and writing is tried again; ` +
        'make room or allow writing there, or name another file as inspect.file.',
    );
  }

  async #leave(service: string): Promise<void> {
    await this.#writing;
    await this.#flush();
    this.#services.splice(this.#services.indexOf(service), 1);
    this.#newest.forget(service);
    this.#queue.forget(service);
    if (this.#services.length > 0) return;
    this.#callOff?.();
    this.#callOff = undefined;
    this.#onClose();
    await this.#files.close().catch((thrown: unknown) => this.#complain(thrown));
  }
}

function lineOf(content: object): string {
  return `${JSON.stringify(content)}\n`;
}
