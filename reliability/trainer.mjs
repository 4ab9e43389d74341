/**
 * A program that trains, saves and ends, and may be killed at any moment of that: started again, it goes on with the
 * journal that it finds. Its one argument is a `Task` in JSON.
 */
import { appendFileSync } from 'node:fs';
import { ServiceClient, TinkerError } from 'tinkerjs';
import { nodeDisk } from '../dist/journal/node-disk.js';
import { hurriedEnvironment } from './driver/hurried.mjs';
import { lora, optim, pass } from './faults/make-call.mjs';
import { Boundaries } from './kills/boundaries.mjs';
import { deadlyDisk } from './kills/deadly-disk.mjs';
import { deadlyFetch } from './kills/deadly-fetch.mjs';

/**
 * @typedef {object} Task
 * @property {string} url
 * @property {string} apiKey
 * @property {string} journal the folder
 * @property {string} facts the file that tells how far it got
 * @property {boolean} pipelined whether it awaits nothing but its last save
 * @property {import('./kills/boundaries.mjs').Target | undefined} target
 *
 * @typedef {{ says: 'resumed', outcome: 'reattached' | 'restored' | 'created', step: number, why: string }
 *   | { says: 'finished', path: string, counts: Record<string, number> } | { says: 'failed', why: string }} Fact
 */

const steps = 3;
const savedEvery = 2;
const batches = ['a', 'b', 'ca'];
const speed = 20;

// Signals of a terminal go to all; only what it does to itself ends it here.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

/** @type {Task} */
const task = JSON.parse(process.argv[2] ?? '');
const boundaries = new Boundaries(task.target);
/** @param {Fact} fact */
const say = (fact) => appendFileSync(task.facts, `${JSON.stringify(fact)}\n`);

const service = new ServiceClient({
  baseUrl: task.url,
  apiKey: task.apiKey,
  journal: task.journal,
  fetch: deadlyFetch(boundaries),
  environment: { ...hurriedEnvironment(speed), disk: deadlyDisk(nodeDisk, boundaries) },
});
try {
  // The same call from the first start to the last.
  const { training, outcome, step, why } = await service.resumeTrainingClient(undefined, { orCreate: lora });
  say({ says: 'resumed', outcome, step, why: why ?? '' });
  const path = await train(training, step);
  await service.close();
  say({ says: 'finished', path, counts: boundaries.counts() });
} catch (thrown) {
  say({ says: 'failed', why: String(thrown instanceof TinkerError ? thrown.message : thrown) });
  await service.close();
  process.exitCode = 1;
}

/** @param {import('tinkerjs').TrainingClient} training @param {number} from the first step */
async function train(training, from) {
  /** @type {PromiseLike<unknown>[]} */
  const open = [];
  for (let step = from; step < steps; step += 1) {
    open.push(pass(training, batches[step % batches.length] ?? ''), optim(training));
    if ((step + 1) % savedEvery === 0) open.push(training.saveState(`step-${step + 1}`, { overwrite: true }));
    if (!task.pipelined) await Promise.all(open.splice(0));
  }
  const last = training.saveState('final', { overwrite: true });
  await Promise.all(open);
  const { path } = await last;
  return path;
}
