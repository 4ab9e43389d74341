import { rounds } from './rounds.mjs';
import { liveSession } from './session-life.mjs';

/** @typedef {import('./rounds.mjs').World} World */

/**
 * @typedef {object} ProgramParts
 * @property {World} world
 * @property {import('../internals.mjs').Internals} internals
 * @property {(round: number) => import('../../src/index.js').ServiceClientOptions} settings of the service of a round
 * @property {(sessionId: string) => Promise<void>} forget makes the server forget a session
 * @property {import('../measure/series.mjs').Series} series
 * @property {() => Promise<void>} quiet waits for what goes on behind the program to end
 * @property {{ now(): number, setTimeout(run: () => void, ms: number): any, clearTimeout(timer: any): void }} clock of the client
 * @property {{ operations: number, samples: number, onProgress: (operations: number) => void }} options
 * @property {number} everyMs how far operations are apart; 0: each round begins when there is room for it
 */

const roundsPerSession = 12;
// What is under way beyond this has to end before more begins, as a program's own limit would have it.
const mostRounds = 8;
// Longer than all deadlines of an operation, one after the other.
const longestRoundMs = 6 * 3_600_000;

/**
 * A program that does not end for long: rounds on one service that lives through all of it, and beside it services one
 * after the other that are closed or lose their session. What is alive is counted when nothing is under way.
 * @param {ProgramParts} parts
 */
export async function runProgram({ world, internals, settings, forget, series, quiet, clock, options, everyMs }) {
  const { tally, chance, signal, batch, pause } = world;
  const session = (/** @type {number} */ round) => {
    const isLost = round % (2 * roundsPerSession) === 0;
    return liveSession({ internals, options: settings(round / roundsPerSession), tally, signal, batch, pause, forget: isLost ? forget : undefined });
  };
  // Everything has happened once before anything is counted.
  for (const [round] of rounds) await ending(clock, round(world));
  for (let round = 1; round <= 4; round += 1) await ending(clock, session(round * roundsPerSession));
  await quiet();
  await series.take(tally.operations);
  const [start, before] = [clock.now(), tally.operations];
  /** @type {Set<Promise<void>>} */
  const open = new Set();
  for (let round = 1; tally.operations < options.operations; round += 1) {
    await pause(Math.max(1, start + (tally.operations - before) * everyMs - clock.now()));
    const begun = ending(clock, round % roundsPerSession === 0 ? session(round) : chance.pick(rounds)(world));
    open.add(begun);
    begun.then(() => open.delete(begun));
    if (open.size >= mostRounds) await Promise.race(open);
    if (tally.operations < (series.samples.length * options.operations) / options.samples) continue;
    await Promise.all(open);
    await quiet();
    await series.take(tally.operations);
    options.onProgress(tally.operations);
  }
  await Promise.all(open);
}

/**
 * A round, which has to end: what hangs for ever is as bad as what leaks.
 * @param {ProgramParts['clock']} clock
 * @param {Promise<void>} round
 */
async function ending(clock, round) {
  /** @type {unknown} */
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = clock.setTimeout(() => reject(new Error('Operations have not ended within six hours.')), longestRoundMs);
  });
  try {
    await Promise.race([round, tooLong]);
  } finally {
    clock.clearTimeout(timer);
  }
}
