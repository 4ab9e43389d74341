import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { AuditLogEntry } from '../../types/audit.js';
import { isoTime, type Clock } from '../clock.js';
import { isMissing } from '../checkpoints/failures.js';
import { messageOf } from '../engine/engine-error.js';

const keptMs = 90 * 24 * 3_600_000;
const filePattern = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** What was done to checkpoints, one file of JSON lines a UTC day (wire protocol §2.8). */
export class AuditLog {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  #tail: Promise<void> = Promise.resolve();

  constructor(dataDir: string, clock: Clock, log: (line: string) => void) {
    this.#folder = join(dataDir, 'audit');
    this.#clock = clock;
    this.#log = log;
  }

  /** Makes the folder, and removes the days that are too long ago. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const oldest = dayOf(this.#clock.now() - keptMs);
    for (const file of await readdir(this.#folder)) {
      const day = filePattern.exec(file)?.[1];
      if (day !== undefined && day < oldest) await rm(join(this.#folder, file), { force: true });
    }
  }

  /** Notes that something was done now; settles when that is in the file. A line that cannot be written is said in the server's log. */
  async record(event: string, facts: Pick<AuditLogEntry, 'modelId' | 'tinkerPath' | 'purpose'>): Promise<void> {
    const timestamp = new Date(this.#clock.now());
    const line = `${JSON.stringify(AuditLogEntry.encode({ timestamp, event, ...facts }))}\n`;
    const file = this.#fileOf(dayOf(timestamp.getTime()));
    this.#tail = this.#tail.then(() => appendFile(file, line, { mode: 0o600 })).catch((thrown: unknown) => this.#log(`cannot write the audit log: ${messageOf(thrown)}`));
    await this.#tail;
  }

  /** What was done on a day, `YYYY-MM-DD`, in order; today when none is named. */
  async entries(day: string = dayOf(this.#clock.now())): Promise<readonly AuditLogEntry[]> {
    await this.flush();
    const text = await readFile(this.#fileOf(day), 'utf8').catch((thrown: unknown) => {
      if (isMissing(thrown)) return '';
      throw thrown;
    });
    // The last line of a server that was killed may be half there: it is left out.
    return text.split('\n').flatMap((line) => {
      const entry = entryOf(line);
      return entry === undefined ? [] : [entry];
    });
  }

  /** Settles when everything noted is in its file. */
  async flush(): Promise<void> {
    await this.#tail;
  }

  #fileOf(day: string): string {
    return join(this.#folder, `${day}.jsonl`);
  }
}

function entryOf(line: string): AuditLogEntry | undefined {
  try {
    const decoded = AuditLogEntry.decode(JSON.parse(line));
    return E.isRight(decoded) ? decoded.right : undefined;
  } catch {
    return undefined;
  }
}

function dayOf(ms: number): string {
  return isoTime(ms).slice(0, 10);
}
