/**
 * Kills a training process at every moment of its journal, a thousand times, and lets another one go on; sometimes the
 * server is killed, too.
 *
 *   npm run test:kills [-- --kills 1000 --seed 1 --boundary NAME --only NUMBER --json]
 *
 * Exits with 1 when a run cannot be gone on with, does not end, or ends with other weights than an uninterrupted one:
 * the files of the last checkpoint are compared byte for byte.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { progressOf } from '../bench/driver/progress.mjs';
import { readOptions } from './driver/options.mjs';
import { KillLane } from './kills/kill-lane.mjs';
import { KillReport } from './kills/kill-report.mjs';

const usage = `npm run test:kills -- [options]

  --kills N         how often a process is killed (1000)
  --seed S          decides when (1)
  --boundary NAME   kills at that moment first; the names are those of the table
  --only N          only the run of that number, told at length
  --json            print the counts as JSON`;

const { numbers, texts, json } = readOptions(process.argv.slice(2), { usage, numbers: { kills: 1_000, seed: 1 }, texts: ['boundary', 'only'] });
const { boundary } = texts;
const only = texts['only'] === undefined ? undefined : Number(texts['only']);
const lanes = only === undefined ? 3 : 1;
const mostViolations = 20;

const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-kills-'));
const report = new KillReport();
const progress = progressOf(numbers.kills);
const started = performance.now();
let next = only ?? 0;
let stopped = false;
// What has been done counts.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));
try {
  await Promise.all(Array.from({ length: lanes }, (_, at) => runLane(at)));
} finally {
  progress.stop();
  await rm(folder, { recursive: true, force: true });
}

const seconds = Math.round((performance.now() - started) / 1000);
console.log(json ? JSON.stringify({ seed: numbers.seed, seconds, ...report.json() }) : `${report.text()}\n${seconds} s, seed ${numbers.seed}`);
process.exitCode = report.violated.length > 0 || report.kills === 0 ? 1 : 0;

/** @param {number} at */
async function runLane(at) {
  const lane = new KillLane(join(folder, `lane-${at}`), numbers.seed);
  await lane.open();
  try {
    const known = await lane.undisturbed();
    while (report.kills < numbers.kills && report.violated.length < mostViolations && !stopped) {
      const number = next;
      next += 1;
      const story = await lane.story(number, known, boundary);
      // The signal may have ended its trainer.
      if (stopped) return;
      report.add(story);
      if (story.violation !== undefined) tell(story.number, story.violation);
      story.kills.forEach(() => progress.next({ name: 'kills', client: `lane ${at + 1}`, round: Math.ceil(report.kills / 100) }));
      if (only !== undefined) {
        console.error(JSON.stringify(story, undefined, 2));
        return;
      }
    }
  } finally {
    await lane.close();
  }
}

/** At once: who stops waiting for the end knows it all the same. @param {number} number @param {string} violation */
function tell(number, violation) {
  const replay = `npm run test:kills -- --seed ${numbers.seed} --only ${number}${boundary === undefined ? '' : ` --boundary '${boundary}'`}`;
  console.error(`\nViolation in run ${number}: ${violation}\n  ${replay}`);
}
