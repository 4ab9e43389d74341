/**
 * Runs many sample jobs in one thread.
 *
 * In each turn the jobs on one set of weights hand in the tokens they want read, and these are read
 * together, which costs less than one by one. Between turns the thread answers messages, so a long
 * job keeps nobody waiting: jobs take turns however long they are.
 */
import { cancelled } from './cancelled.js';
import type { SampleJob } from './sample-job.js';
import type { SampleOutput } from './sampling.js';
import type { TokenModel, TokenRow } from './token-model.js';

/** Rows after which no further job joins a turn. */
const ROWS_A_TURN = 64;

interface Entry {
  readonly model: TokenModel;
  readonly job: SampleJob;
  rows: readonly TokenRow[];
  readonly resolve: (output: SampleOutput) => void;
  readonly reject: (cause: unknown) => void;
}

/** The jobs that are being drawn. */
export class Scheduler {
  #entries: Entry[] = [];
  #scheduled = false;

  /** Runs a job to its end, or until the signal ends it. */
  run(model: TokenModel, job: SampleJob, signal?: AbortSignal): Promise<SampleOutput> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { model, job, rows: [], resolve, reject };
      const cancel = (): void => {
        this.#entries = this.#entries.filter((other) => other !== entry);
        reject(cancelled());
      };
      if (signal?.aborted === true) {
        cancel();
        return;
      }
      if (!this.#advance(entry, () => job.next())) return;
      signal?.addEventListener('abort', cancel, { once: true });
      this.#entries.push(entry);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#entries.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
      this.#schedule();
    });
  }

  #turn(): void {
    const model = this.#entries[0]?.model;
    if (model === undefined) return;
    const taken: Entry[] = [];
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.model !== model || count >= ROWS_A_TURN) continue;
      taken.push(entry);
      count += entry.rows.length;
    }
    this.#entries = this.#entries.filter((entry) => !taken.includes(entry));
    try {
      this.#read(model, taken);
    } catch (thrown) {
      for (const { reject } of taken) reject(thrown);
    }
  }

  #read(model: TokenModel, taken: readonly Entry[]): void {
    const { width } = model.config;
    const states = model.step(taken.flatMap(({ rows }) => rows));
    let at = 0;
    for (const entry of taken) {
      const own = states.slice(at, (at += entry.rows.length * width));
      // Behind those that had no turn.
      if (this.#advance(entry, () => entry.job.next(own))) this.#entries.push(entry);
    }
  }

  /** Goes on with a job; whether it wants another turn. */
  #advance(entry: Entry, next: () => IteratorResult<readonly TokenRow[], SampleOutput>): boolean {
    try {
      const result = next();
      if (result.done !== true) {
        entry.rows = result.value;
        return true;
      }
      entry.resolve(result.value);
    } catch (thrown) {
      entry.reject(thrown);
    }
    return false;
  }
}
