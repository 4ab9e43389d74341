import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chanceOf } from '../driver/chance.mjs';
import { ServerKeeper } from '../driver/server-keeper.mjs';
import { savedDigest } from '../faults/saved-files.mjs';
import { runTrainer } from './trainers.mjs';

/**
 * @typedef {import('./boundaries.mjs').Target} Target
 * @typedef {import('./trainers.mjs').Run} Run
 * @typedef {Readonly<Record<string, number>>} Counts how often each moment comes
 *
 * @typedef {object} Killed
 * @property {string} boundary
 * @property {boolean} serverToo whether the server was killed, too, before it went on
 * @property {'created' | 'reattached' | 'restored' | 'again'} outcome how the next process went on; `again`: it was killed before that
 *
 * @typedef {object} Story one training run, killed a few times and gone on with
 * @property {number} number
 * @property {boolean} pipelined
 * @property {readonly Killed[]} kills
 * @property {string | undefined} violation
 * @property {readonly unknown[]} runs all that is known of it
 */

const leastKills = 2;
const mostKills = 5;
const killedServers = 0.1;
const mostRuns = 8;

/** A server of its own, and one training run after the other. */
export class KillLane {
  #folder;
  #server;
  #seed;

  /** @param {string} folder @param {number} seed */
  constructor(folder, seed) {
    this.#folder = folder;
    this.#seed = seed;
    this.#server = new ServerKeeper(folder, { pollHoldMs: 500 });
  }

  async open() {
    await mkdir(this.#folder, { recursive: true });
    await this.#server.start();
  }

  close() {
    return this.#server.stop();
  }

  /**
   * Which moments there are, and what comes out undisturbed.
   * @returns {Promise<{ begun: Counts, reattached: Counts, restored: Counts, digest: string }>}
   */
  async undisturbed() {
    const begun = await this.#run('undisturbed', false, undefined);
    const { path, counts } = finishedOf(begun);
    /** @type {Target} */
    const middle = { name: 'before the append of accepted', nth: 4 };
    await this.#run('reattached', true, middle);
    const reattached = finishedOf(await this.#run('reattached', true, undefined)).counts;
    await this.#run('restored', false, { name: 'before the append of checkpoint', nth: 2 });
    await this.#restartServer();
    const restored = finishedOf(await this.#run('restored', false, undefined)).counts;
    return { begun: counts, reattached, restored, digest: await savedDigest(this.#server.dataDir, path) };
  }

  /**
   * @param {number} number
   * @param {{ begun: Counts, reattached: Counts, restored: Counts, digest: string }} known
   * @param {string | undefined} boundary the only moment to kill at first
   * @returns {Promise<Story>}
   */
  async story(number, known, boundary) {
    const chance = chanceOf(this.#seed, number);
    const pipelined = chance.is(0.5);
    const killsPlanned = chance.whole(leastKills, mostKills);
    /** @type {Killed[]} */
    const kills = [];
    /** @type {unknown[]} */
    const runs = [];
    let serverWasKilled = false;
    for (let run = 0; run < mostRuns; run += 1) {
      const counts = run === 0 ? known.begun : serverWasKilled ? known.restored : known.reattached;
      const target = kills.length < killsPlanned ? drawTarget(chance, counts, kills.length === 0 ? boundary : undefined) : undefined;
      const done = await this.#run(`story-${number}`, pipelined, target);
      runs.push({ target, ...done });
      for (const fact of done.facts) {
        const last = kills.at(-1);
        if (fact.says === 'resumed' && last !== undefined) kills.splice(-1, 1, { ...last, outcome: fact.outcome });
      }
      if (done.how === 'failed' || done.how === 'hung') return { number, pipelined, kills, runs, violation: `the trainer ${done.how}` };
      if (done.how === 'finished') {
        const digest = await savedDigest(this.#server.dataDir, finishedOf(done).path);
        return { number, pipelined, kills, runs, violation: digest === known.digest ? undefined : 'the weights are not those of an uninterrupted run' };
      }
      serverWasKilled = chance.is(killedServers);
      kills.push({ boundary: target?.name ?? '', serverToo: serverWasKilled, outcome: 'again' });
      if (serverWasKilled) await this.#restartServer();
    }
    return { number, pipelined, kills, runs, violation: 'the trainer never finished' };
  }

  async #restartServer() {
    await this.#server.kill();
    this.#server.forget();
    await this.#server.start();
  }

  /** @param {string} name @param {boolean} pipelined @param {Target | undefined} target */
  #run(name, pipelined, target) {
    const { url, apiKey } = this.#server;
    return runTrainer({ url, apiKey, pipelined, target, journal: join(this.#folder, 'journals', name), facts: join(this.#folder, 'facts.jsonl') });
  }
}

/** @param {import('../driver/chance.mjs').Chance} chance @param {Counts} counts @param {string | undefined} only @returns {Target} */
function drawTarget(chance, counts, only) {
  const names = Object.keys(counts);
  const name = only ?? names[chance.whole(0, names.length - 1)] ?? '';
  return { name, nth: chance.whole(1, Math.max(1, counts[name] ?? 1)) };
}

/** @param {Run} run */
function finishedOf({ how, facts, complaint }) {
  const finished = facts.find((fact) => fact.says === 'finished');
  if (finished?.says !== 'finished') throw new Error(`the trainer ${how}: ${JSON.stringify(facts)} ${complaint}`);
  return finished;
}
