import type { ScheduledCheckpoint } from './checkpoint-news.js';
import type { Environment } from '../machines/environment.js';

const longestLeadMs = 86_400_000;
const leadShare = 0.25;
// Clocks jump and computers sleep, so that a long timer says little of the time.
const longestWaitMs = 3_600_000;

/** Calls back in time before the newest checkpoint expires, once for each. */
export class ExpiryWatch {
  readonly #environment: Environment;
  readonly #leadMs: number;
  readonly #expiring: (checkpoint: ScheduledCheckpoint) => void;
  #timer: unknown;
  #watched: ScheduledCheckpoint | undefined;

  constructor(environment: Environment, ttlSeconds: number | undefined, expiring: (checkpoint: ScheduledCheckpoint) => void) {
    this.#environment = environment;
    this.#leadMs = Math.min(Number(ttlSeconds) * 1000 * leadShare, longestLeadMs);
    this.#expiring = expiring;
  }

  /** From now on this one is the newest. */
  watch(checkpoint: ScheduledCheckpoint): void {
    if (checkpoint === this.#watched) return;
    this.stop();
    this.#watched = checkpoint;
    if (checkpoint.expiresAt !== undefined) this.#await(checkpoint, checkpoint.expiresAt.getTime() - this.#leadMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#environment.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #await(checkpoint: ScheduledCheckpoint, at: number): void {
    const { clock, wallNow = Date.now } = this.#environment;
    const look = () => {
      this.#timer = undefined;
      if (wallNow() < at) this.#await(checkpoint, at);
      else this.#expiring(checkpoint);
    };
    this.#timer = clock.setTimeout(look, Math.min(Math.max(0, at - wallNow()), longestWaitMs));
  }
}
