/** When a schedule is to save. */
export interface SaveTimes {
  readonly everySteps: number | undefined;
  /** In milliseconds. */
  readonly everyMs: number | undefined;
}

const firstPauseMs = 5_000;
const longestPauseMs = 600_000;
const jitterShare = 0.25;

/**
 * Pause before a save is tried again: 5 s, doubling to 10 minutes, less up to a quarter.
 * @param failures saves that failed in a row, from 1
 * @param jitter uniform in [0, 1)
 */
export function savePauseMs(failures: number, jitter: number): number {
  return Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs) * (1 - jitterShare * jitter);
}

/** Says after which steps a save is due. */
export class SavePlan {
  readonly #times: SaveTimes;
  readonly #jitter: () => number;
  #lastStep: number;
  #lastAt: number;
  #failures = 0;
  #retryAt: number | undefined;

  constructor(times: SaveTimes, jitter: () => number, step: number, now: number) {
    this.#times = times;
    this.#jitter = jitter;
    this.#lastStep = step;
    this.#lastAt = now;
  }

  /** Whether to save after a step. After a failure that is so once its pause is over, and not before. */
  isDue(step: number, now: number): boolean {
    if (this.#retryAt !== undefined) return now >= this.#retryAt;
    const { everySteps = Infinity, everyMs = Infinity } = this.#times;
    // A multiple may be passed over: a step that is refused is no step.
    return Math.floor(step / everySteps) > Math.floor(this.#lastStep / everySteps) || now - this.#lastAt >= everyMs;
  }

  /** A save after that step is on its way. */
  begun(step: number, now: number): void {
    this.#lastStep = step;
    this.#lastAt = now;
    this.#retryAt = undefined;
  }

  /** A save has failed; gives the milliseconds until the next may begin. Those that fail together count once. */
  failed(now: number): number {
    if (this.#retryAt === undefined) {
      this.#failures += 1;
      this.#retryAt = now + savePauseMs(this.#failures, this.#jitter());
    }
    return Math.max(0, this.#retryAt - now);
  }

  saved(): void {
    this.#failures = 0;
  }
}
