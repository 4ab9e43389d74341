import type { Reply } from './replies.js';

/** How an operation ended: with what a reader of either dialect is given, or in failure. */
export type Outcome =
  | { readonly state: 'done'; readonly binary: Reply | undefined; readonly text: Reply }
  | { readonly state: 'failed'; readonly error: string; readonly category: 'user' | 'server' };

export interface Future {
  readonly requestId: string;
  outcome: Outcome | undefined;
  /** When it was settled. */
  settledAt: number;
  /** The result is gone, whatever its age. */
  isExpired: boolean;
  /** Whether the size is told before the result is given. */
  readonly isLarge: boolean;
  /** Until when the server says that the queue is paused. */
  pausedUntil: number;
  readonly waiters: Set<() => void>;
}

/** What was accepted, and what came of it. */
export class Futures {
  #futures = new Map<string, Future>();
  #count = 0;
  #boot = 1;

  open({ isLarge = false, pausedUntil = 0 }: Partial<Pick<Future, 'isLarge' | 'pausedUntil'>> = {}): Future {
    this.#count += 1;
    const requestId = `b${this.#boot}-${this.#count}`;
    const future: Future = { requestId, outcome: undefined, settledAt: 0, isExpired: false, isLarge, pausedUntil, waiters: new Set() };
    this.#futures.set(requestId, future);
    return future;
  }

  find(requestId: string): Future | undefined {
    return this.#futures.get(requestId);
  }

  settle(future: Future, outcome: Outcome, now: number): void {
    if (future.outcome !== undefined) return;
    future.outcome = outcome;
    future.settledAt = now;
    for (const wake of [...future.waiters]) wake();
  }


  all(): readonly Future[] {
    return [...this.#futures.values()];
  }

  /** The server begins again, knowing nothing. */
  forgetAll(): void {
    this.#futures = new Map();
    this.#boot += 1;
  }
}
