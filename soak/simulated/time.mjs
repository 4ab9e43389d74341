import { setImmediate as turn } from 'node:timers/promises';
import { Chance } from './chance.mjs';
import { SoakClock } from './clock.mjs';

/**
 * An environment of the client in which a day passes as fast as this machine can work through it.
 * @param {number} seed
 */
export function simulatedTime(seed) {
  const clock = new SoakClock();
  const chance = new Chance(seed);
  let ids = 0;
  const environment = {
    clock,
    now: () => clock.now(),
    random: chance.next,
    uuid: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${ids.toString(16).padStart(12, '0')}`;
    },
    wallNow: () => clock.now(),
  };
  return { clock, chance, environment };
}

// Libraries may be loaded on demand, which takes real time.
const mostIdleTurns = 1_000_000;

/**
 * Lets time pass until the promise settles: whenever nothing is left to do at one moment, it is the next one.
 * @template A
 * @param {SoakClock} clock
 * @param {Promise<A>} promise
 * @returns {Promise<A>}
 */
export async function passUntil(clock, promise) {
  let settled = false;
  let idle = 0;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (;;) {
    // Chunks are written one a turn, hence more than one.
    await turn();
    await turn();
    if (settled) return promise;
    if (!clock.next()) idle += 1;
    else idle = 0;
    if (idle > mostIdleTurns) throw new Error('Nothing is going to happen any more, and something is waited for.');
  }
}
