import type { ActorOptions, AnyActorLogic } from 'xstate';
import type { JournalDisk } from '../journal/disk.js';

/** Timers as xstate takes them. */
export type Clock = NonNullable<ActorOptions<AnyActorLogic>['clock']>;

/**
 * Everything that makes a run differ from the next one: time, chance and ids. Tests and
 * simulations replace it as a whole.
 */
export interface Environment {
  /** Drives every pause, deadline and heartbeat. */
  readonly clock: Clock;
  /** Milliseconds since some fixed moment, advancing with `clock`. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A new id, different from every other one. */
  readonly uuid: () => string;
  /** Milliseconds since 1970, for what the world outside dates, such as the end of a token; default `Date.now`. */
  readonly wallNow?: (() => number) | undefined;
  /** Where journals are kept; default the file system. */
  readonly disk?: JournalDisk | undefined;
}

/**
 * The real world. Timers do not keep the process alive by themselves: a heartbeat must not stop a
 * program from ending. Work that is open does, see `KeepAlive`.
 */
export const realEnvironment: Environment = {
  clock: {
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms).unref(),
    clearTimeout: (timer: NodeJS.Timeout) => globalThis.clearTimeout(timer),
  },
  now: () => performance.now(),
  random: Math.random,
  uuid: () => globalThis.crypto.randomUUID(),
};

const longestTimer = 2 ** 31 - 1;

/** Keeps the process running while anything is open, since the timers of our clock do not. */
export class KeepAlive {
  #open = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Counts one more open thing; the returned function, called once, counts it closed. */
  hold(): () => void {
    this.#open += 1;
    this.#timer ??= globalThis.setInterval(() => undefined, longestTimer);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#open -= 1;
      if (this.#open > 0) return;
      globalThis.clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
