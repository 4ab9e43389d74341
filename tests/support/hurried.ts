import type { Environment } from '../../src/machines/environment.js';
import { settle } from './simulated.js';

/** Time in which pauses pass at once, so that calls over real sockets need no clock to be moved. */
export interface HurriedTime {
  readonly environment: Environment;
  /** The pauses that were waited for, in milliseconds. */
  readonly pauses: number[];
  /** Lets a deadline pass that is waited for: the oldest of that length. */
  readonly pass: (ms: number) => void;
}

// Pauses of the client are shorter, its deadlines longer: those must not depend on the machine's speed.
const shortestDeadlineMs = 60_000;

export function hurriedTime(): HurriedTime {
  const timers = new Map<object, { readonly run: () => void; readonly ms: number }>();
  const pauses: number[] = [];
  let now = 0;
  let ids = 0;
  const fire = (timer: object) => {
    const found = timers.get(timer);
    if (found === undefined) return;
    timers.delete(timer);
    now += found.ms;
    found.run();
  };
  const environment: Environment = {
    clock: {
      setTimeout: (run: () => void, ms: number) => {
        const timer = {};
        timers.set(timer, { run, ms });
        if (ms >= shortestDeadlineMs) return timer;
        pauses.push(ms);
        void settle(1).then(() => fire(timer));
        return timer;
      },
      clearTimeout: (timer: object) => {
        timers.delete(timer);
      },
    },
    now: () => now,
    random: () => 0,
    uuid: () => {
      ids += 1;
      return `uuid-${ids}`;
    },
  };
  const pass = (ms: number) => {
    const [timer] = [...timers].find(([, waiting]) => waiting.ms === ms) ?? [];
    if (timer === undefined) throw new Error(`nothing waits for ${ms} ms`);
    fire(timer);
  };
  return { environment, pauses, pass };
}
