import { savePauseMs } from './save-plan.js';
import type { Environment } from '../machines/environment.js';
import type { TrainingCalls } from '../training/training-calls.js';

/**
 * Decides for a schedule when the client is wedged on one of its saves: the same request is sent again,
 * after a pause, until it is answered. The user need not know of saves that he has not called, and nothing
 * after them would be sent. He may decide first.
 */
export class OwnWedge {
  readonly #calls: TrainingCalls;
  readonly #environment: Environment;
  #timer: unknown;
  #retries = 0;

  constructor(calls: TrainingCalls, environment: Environment) {
    this.#calls = calls;
    this.#environment = environment;
  }

  /** The client is wedged on a save. Gives the milliseconds until that is sent again. */
  wedged(): number {
    const { clock, random } = this.#environment;
    this.#retries += 1;
    const pauseMs = savePauseMs(this.#retries, random());
    this.#timer = clock.setTimeout(() => this.#calls.actor.send({ type: 'queue.retried' }), pauseMs);
    return pauseMs;
  }

  /** It is sent again, or given up, whoever has decided so. */
  decided(): void {
    this.#environment.clock.clearTimeout(this.#timer);
  }

  /** A save was answered. */
  answered(): void {
    this.#retries = 0;
  }
}
