/**
 * Runs training programs against a real server while everything goes wrong that can, and compares what the server
 * executed with what the programs asked for.
 *
 *   npm run test:faults [-- --schedules 3000 --seed 1 --only NUMBER --times 1 --json]
 *
 * Exits with 1 when the promise is broken: a step missing, twice, out of order or of another content, without the
 * client having said what is unknown; or when anything hangs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { progressOf } from '../bench/driver/progress.mjs';
import { Child } from './driver/child.mjs';
import { readOptions } from './driver/options.mjs';
import { Lane } from './faults/lane.mjs';
import { Report } from './faults/report.mjs';
import { scheduleOf } from './faults/schedule.mjs';

const usage = `npm run test:faults -- [options]

  --schedules N   how many tries (3000)
  --seed S        decides what is tried (1)
  --only N        only the schedule of that number, told at length
  --times N       how often each is tried: no two tries take the same time (1)
  --json          print the counts as JSON`;

const { numbers: given, texts, json } = readOptions(process.argv.slice(2), { usage, numbers: { schedules: 3_000, seed: 1, times: 1 }, texts: ['only'] });
const only = texts['only'] === undefined ? undefined : Number(texts['only']);
const once = only === undefined ? Array.from({ length: given.schedules }, (_, at) => at) : [only];
const numbers = Array.from({ length: given.times }, () => once).flat();

/** The lanes differ in what a server may ask of its clients. */
const servers = [{}, { jsonOnly: true }, { jwtAuth: { lifetimeSeconds: 3 } }, { clientConfig: { parallelFwdbwdChunks: false } }];
const oneDatum = { fwdbwdMaxChunkLen: 1, billingMaxPauseSeconds: 60 };
const mostViolations = 20;

const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-faults-'));
const reference = new Child('reference');
/** @type {Map<string, Promise<readonly { digest?: string }[]>>} */
const known = new Map();
const report = new Report();
const started = performance.now();
const progress = progressOf(numbers.length);
let stopped = false;
// What has been done counts.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));

try {
  await reference.call('start', join(folder, 'reference'));
  await Promise.all(servers.map((_, at) => runLane(at)));
} finally {
  progress.stop();
  await reference.kill();
  await rm(folder, { recursive: true, force: true });
}

const seconds = Math.round((performance.now() - started) / 1000);
console.log(json ? JSON.stringify({ seed: given.seed, seconds, ...report.json() }) : `${report.text()}\n${seconds} s, seed ${given.seed}`);
process.exitCode = report.violated.length > 0 ? 1 : 0;

/** @param {number} at */
async function runLane(at) {
  let number = take(at);
  if (number === undefined) return;
  const { clientConfig = {}, ...options } = servers[at] ?? {};
  const lane = new Lane(join(folder, `lane-${at}`), { ...options, clientConfig: { ...oneDatum, ...clientConfig } }, memorised);
  await lane.open();
  try {
    for (; number !== undefined; number = take(at)) {
      const tried = await lane.run(scheduleOf(given.seed, number));
      // The signal may have ended its processes.
      if (stopped) return;
      report.add(tried);
      if (tried.violations.length > 0) tell(tried);
      if (only !== undefined) console.error(JSON.stringify(tried, undefined, 2));
      progress.next({ name: 'faults', client: `lane ${at + 1}`, round: Math.ceil(report.schedules / 100) });
    }
  } finally {
    await lane.close();
  }
}

/** @param {string} base @param {readonly import('./faults/calls.mjs').Item[]} items @param {readonly string[]} states */
function memorised(base, items, states) {
  const key = JSON.stringify([base, items]);
  const outcome = known.get(key) ?? reference.call('run', base, items, states);
  known.set(key, outcome);
  return outcome;
}

/** The next schedule of a lane; the number decides the lane, and with it the server. @param {number} at */
function take(at) {
  if (stopped || report.violated.length >= mostViolations) return undefined;
  const index = numbers.findIndex((number) => number % servers.length === at);
  return index === -1 ? undefined : numbers.splice(index, 1)[0];
}

/**
 * At once: who stops waiting for the end knows it all the same. With all that was seen, since the next try of the
 * same schedule may take another course.
 * @param {import('./faults/lane.mjs').Tried} tried
 */
function tell({ schedule: { number, ...schedule }, violations, attempts }) {
  const found = violations.map((violation) => `  ${violation}`).join('\n');
  const again = `npm run test:faults -- --seed ${given.seed} --only ${number} --times 20`;
  console.error(`\nViolation in schedule ${number}:\n${found}\n${JSON.stringify({ schedule, attempts })}\n  ${again}`);
}
