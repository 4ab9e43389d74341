import type { TinkerError } from '../types/errors.js';

/** A rejection that nobody has asked for so far. */
interface Rejection {
  readonly order: number;
  readonly error: TinkerError;
  readonly isObserved: () => boolean;
}

/**
 * Rejected operations that nobody awaits. A caller awaits operations in the order of the calls, so one
 * is reported only when no operation called before it is open any more, and still nobody has asked.
 * Cancelling is the caller's own doing and is not reported.
 */
export class UnobservedRejections {
  readonly #report: (error: TinkerError) => void;
  #rejections: readonly Rejection[] = [];

  constructor(report: (error: TinkerError) => void) {
    this.#report = report;
  }

  add(order: number, error: TinkerError, isObserved: () => boolean): void {
    if (error.kind !== 'cancelled') this.#rejections = [...this.#rejections, { order, error, isObserved }];
  }

  /** Reports what is due, once callers have had their turn. `firstOpen` is asked for then. */
  reportSoon(firstOpen: () => number): void {
    if (this.#rejections.length === 0) return;
    setImmediate(() => {
      const due = this.#rejections.filter(({ order }) => order <= firstOpen());
      this.#rejections = this.#rejections.filter((rejection) => !due.includes(rejection));
      for (const { error, isObserved } of due) if (!isObserved()) this.#report(error);
    });
  }
}
