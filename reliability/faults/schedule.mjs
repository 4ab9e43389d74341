import { chanceOf } from '../driver/chance.mjs';
import { drawFaults } from './draw-faults.mjs';
import { drawProgram } from './draw-program.mjs';

/**
 * What one try consists of; the seed and the number decide all of it.
 * @typedef {object} Schedule
 * @property {number} seed
 * @property {number} number
 * @property {readonly import('./calls.mjs').Call[]} program
 * @property {Policy} policy
 * @property {readonly import('tinkerjs/server').FaultRule[]} rules for the server's fault injector
 * @property {readonly import('./proxy.mjs').Cut[]} cuts for the connection
 * @property {readonly Blow[]} blows for the processes
 *
 * @typedef {object} Policy what the program does when something fails
 * @property {'retry' | 'skip' | 'leave'} wedged
 * @property {'goOn' | 'recover'} failed `recover`: a new client goes on from the last checkpoint
 * @property {number} requestDeadlineMs
 *
 * @typedef {object} Blow
 * @property {'killServer' | 'killClient' | 'freezeServer' | 'freezeClient'} what
 * @property {number} afterMs
 * @property {number} forMs until it is started or thawed again
 */

/** How many programs there are: few enough that what they do without faults is worked out once. */
const programs = 24;

/** @param {number} seed @param {number} number @returns {Schedule} */
export function scheduleOf(seed, number) {
  const chance = chanceOf(seed, number);
  const program = drawProgram(chanceOf(seed, -1 - chance.whole(1, programs)));
  return { seed, number, program, policy: drawPolicy(chance), ...drawFaults(chance) };
}

/** @param {import('../driver/chance.mjs').Chance} chance @returns {Policy} */
function drawPolicy(chance) {
  return {
    wedged: chance.one(['retry', 'skip', 'leave']),
    failed: chance.one(['goOn', 'recover']),
    requestDeadlineMs: chance.one([10_000, 60_000]),
  };
}
