import type { FailureCategory } from '../../types/errors.js';
import type { Clock } from '../clock.js';
import type { FutureResult } from './future-result.js';

/** How an operation ended. */
export type FutureOutcome =
  | { readonly state: 'done'; readonly result: FutureResult }
  | { readonly state: 'failed'; readonly error: string; readonly category: FailureCategory };

/** What a poll finds. */
export type FuturePoll = FutureOutcome | { readonly state: 'pending' | 'expired' | 'unknown' };

export interface FutureTableOptions {
  readonly clock: Clock;
  /** Names this run of the server; the first part of every request id it gives out. */
  readonly bootId: string;
  /** Runs of the server before this one, on the same data. */
  readonly earlierBoots: ReadonlySet<string>;
  /** Outcomes that were kept from those runs, by request id. */
  readonly kept: ReadonlyMap<string, FutureOutcome>;
  /** How long a result stays after it was first read. */
  readonly retentionMs: number;
  /** How long a result stays that nobody reads. */
  readonly unreadRetentionMs: number;
}

interface Entry {
  outcome: FutureOutcome | undefined;
  /** When the result may be forgotten; undefined while there is none. */
  forgetAt: number | undefined;
  readonly waiters: Set<() => void>;
}

const lostWithProcess: FutureOutcome = {
  state: 'failed',
  category: 'server',
  error:
    'The server was restarted before this result was fetched; the model it belongs to is gone from memory. ' +
    'Go on from the last checkpoint with createTrainingClientFromStateWithOptimizer(path).',
};

/**
 * Accepted operations and their results. Request ids carry the run of the server that gave them
 * out, so that after a restart a poll gets a clear answer instead of "not found".
 */
export class FutureTable {
  readonly #options: FutureTableOptions;
  readonly #entries = new Map<string, Entry>();
  #count = 0;
  #released = false;

  constructor(options: FutureTableOptions) {
    this.#options = options;
  }

  /** Gives out a new request id. */
  open(): string {
    this.#count += 1;
    const requestId = `${this.#options.bootId}-${this.#count}`;
    this.#entries.set(requestId, { outcome: undefined, forgetAt: undefined, waiters: new Set() });
    return requestId;
  }

  /** Gives out a request id whose operation has ended already. */
  openSettled(outcome: FutureOutcome): string {
    const requestId = this.open();
    this.settle(requestId, outcome);
    return requestId;
  }

  settle(requestId: string, outcome: FutureOutcome): void {
    const entry = this.#entries.get(requestId);
    if (entry === undefined || entry.outcome !== undefined) return;
    entry.outcome = outcome;
    entry.forgetAt = this.#options.clock.now() + this.#options.unreadRetentionMs;
    for (const wake of entry.waiters) wake();
  }

  /** What is known now. */
  peek(requestId: string): FuturePoll {
    const entry = this.#entries.get(requestId);
    if (entry === undefined || (entry.forgetAt ?? Infinity) <= this.#options.clock.now()) return this.#absent(requestId);
    return entry.outcome ?? { state: 'pending' };
  }

  /** Waits until the operation has ended, at most `holdMs`. Any number of polls may wait at once. */
  async wait(requestId: string, holdMs: number, signal?: AbortSignal): Promise<FuturePoll> {
    const found = this.peek(requestId);
    const waiters = this.#entries.get(requestId)?.waiters;
    if (found.state !== 'pending' || waiters === undefined || this.#released || signal?.aborted === true) return found;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        waiters.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(holdMs, wake);
      signal?.addEventListener('abort', wake);
      waiters.add(wake);
    });
    return this.peek(requestId);
  }

  /** Notes that the whole result went out; from now on it is kept for the retention time only. */
  delivered(requestId: string): void {
    const entry = this.#entries.get(requestId);
    if (entry?.forgetAt === undefined) return;
    entry.forgetAt = Math.min(entry.forgetAt, this.#options.clock.now() + this.#options.retentionMs);
  }

  /** Forgets results whose time is over. */
  sweep(): void {
    const now = this.#options.clock.now();
    for (const [requestId, entry] of this.#entries) {
      if (entry.forgetAt !== undefined && entry.forgetAt <= now) this.#entries.delete(requestId);
    }
  }

  /** Answers all polls that are being held, and holds none any more. */
  release(): void {
    this.#released = true;
    for (const entry of this.#entries.values()) {
      for (const wake of entry.waiters) wake();
    }
  }

  #absent(requestId: string): FuturePoll {
    const kept = this.#options.kept.get(requestId);
    if (kept !== undefined) return kept;
    const [boot = '', number = ''] = requestId.split('-');
    if (boot === this.#options.bootId) {
      return { state: Number(number) >= 1 && Number(number) <= this.#count ? 'expired' : 'unknown' };
    }
    return this.#options.earlierBoots.has(boot) ? lostWithProcess : { state: 'unknown' };
  }
}
