import { SimulatedClock } from 'xstate';
import type { Environment } from '../../src/machines/environment.js';

/** An environment without real time or chance: tests move its clock. */
export interface SimulatedEnvironment extends Environment {
  readonly clock: SimulatedClock;
}

/** Time stands still until the clock is moved, jitter is always 0, ids count up. */
export function simulatedEnvironment(): SimulatedEnvironment {
  const clock = new SimulatedClock();
  let ids = 0;
  return {
    clock,
    now: () => clock.now(),
    random: () => 0,
    uuid: () => {
      ids += 1;
      return `uuid-${ids}`;
    },
    wallNow: () => clock.now(),
  };
}

/** Lets everything run that does not wait for the clock: promises, sockets, callbacks. */
export async function settle(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Moves the clock in small steps until the promise settles, and hands its outcome on. */
export async function advanceUntil<A>(
  { clock }: SimulatedEnvironment,
  promise: PromiseLike<A>,
  { stepMs = 250, limitMs = 86_400_000 }: { stepMs?: number; limitMs?: number } = {},
): Promise<A> {
  const progress = { settled: false };
  const done = () => {
    progress.settled = true;
  };
  promise.then(done, done);
  await settle();
  for (let passed = 0; !progress.settled; passed += stepMs) {
    if (passed >= limitMs) throw new Error(`still pending after ${limitMs} simulated ms`);
    clock.increment(stepMs);
    await settle(4);
  }
  return promise;
}
