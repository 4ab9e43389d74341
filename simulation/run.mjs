/**
 * Runs schedules of the simulation, or one of them with all that happens in it.
 *
 *   npm run simulate [-- --help]
 *
 * Exits with 1 when what was promised did not hold, and prints the command that shows it again.
 */
import { SingleBar } from 'cli-progress';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleSimulation } from './bundle.mjs';
import { runOnThreads } from './crew.mjs';
import { readOptions } from './options.mjs';
import { tablesOf } from './tables.mjs';

const options = readOptions(process.argv.slice(2));
// Several may run at one time.
const folder = fileURLToPath(new URL(`../test-output/simulation/${process.pid}/`, import.meta.url));
const bundle = `${folder}simulation.mjs`;
const shownFailures = 10;

async function main() {
  await bundleSimulation(bundle);
  const simulation = await import(bundle);
  if (!simulation.mutantNames.includes(options.mutant)) throw new Error(`--mutant: got ${options.mutant}, expected one of ${simulation.mutantNames.join(', ')}`);
  if (options.mutants) await findMutants(simulation);
  else if (options.seed === undefined) await runAll(simulation);
  else await showOne(simulation);
}

async function showOne({ runSchedule, mutants }) {
  const { lines, hash, violations } = await runSchedule(options.seed, { keepsTrace: true, mutant: mutants[options.mutant] });
  console.log(lines.join('\n'));
  console.log(`\nseed ${options.seed}, trace ${hash}: ${violations.length === 0 ? 'everything holds' : `${violations.length} violations`}`);
  for (const violation of violations) console.log(`- ${violation}`);
  if (violations.length > 0) process.exitCode = 1;
}

/** Whether mistakes of any kind are found. */
async function findMutants({ mutantNames, runSchedule, mutants }) {
  const found = {};
  for (const name of mutantNames) {
    if (name === 'none') continue;
    found[name] = null;
    for (const [index, seed] of seedsOf(options).entries()) {
      const { violations } = await runSchedule(seed, { mutant: mutants[name] });
      if (violations.length === 0) continue;
      found[name] = { schedules: index + 1, seed, violation: violations[0] };
      break;
    }
  }
  if (options.json) console.log(JSON.stringify(found));
  else for (const [name, how] of Object.entries(found)) console.log(`${name}: ${how === null ? 'not found' : `schedule ${how.schedules}: ${how.violation}`}`);
  if (Object.values(found).includes(null)) process.exitCode = 1;
}

async function runAll({ noTotals, addTotals, allFaults }) {
  const seeds = seedsOf(options);
  const totals = noTotals(allFaults);
  const progress = progressOf(seeds.length);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await runOnThreads({
    bundle,
    seeds,
    mutant: options.mutant,
    workers: Math.min(options.workers, Math.ceil(seeds.length / 100)),
    onPart: (part) => {
      addTotals(totals, part);
      progress.update(totals);
      return !(options.stop && totals.failures.length > 0);
    },
  });
  progress.stop();
  const { user, system } = process.cpuUsage(cpuBefore);
  const took = { seconds: (performance.now() - startedAt) / 1e3, cpuSeconds: (user + system) / 1e6 };
  totals.failures.sort((one, other) => one.seed - other.seed);
  if (options.json) console.log(JSON.stringify({ ...totals, ...took, hashes: options.hashes ? totals.hashes : undefined }));
  else {
    console.log(tablesOf(totals, took));
    if (options.hashes) for (const [seed, hash] of Object.entries(totals.hashes)) console.log(`${seed} ${hash}`);
  }
  report(totals.failures);
}

function report(failures) {
  if (failures.length === 0) return;
  process.exitCode = 1;
  const mutant = options.mutant === 'none' ? '' : ` --mutant '${options.mutant}'`;
  for (const { seed, violations } of failures.slice(0, shownFailures)) {
    console.error(`\nseed ${seed}: ${violations.join('\n  ')}\n  again: node simulation/run.mjs --seed ${seed}${mutant}`);
  }
  if (failures.length > shownFailures) console.error(`\nand ${failures.length - shownFailures} more: ${failures.slice(shownFailures).map(({ seed }) => seed).join(', ')}`);
}

function seedsOf({ kept, seeds, from, schedules }) {
  if (kept) return JSON.parse(readFileSync(new URL('kept-seeds.json', import.meta.url), 'utf8')).map(({ seed }) => seed);
  return seeds ?? Array.from({ length: schedules }, (_, index) => from + index);
}

/** A bar, or a line now and then where nobody watches. */
function progressOf(total) {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: '{bar} {value}/{total}  {failed} with violations, {eta_formatted} left', stream: process.stderr, hideCursor: true, clearOnComplete: true });
    bar.start(total, 0, { failed: 0 });
    return { update: ({ schedules, failures }) => bar.update(schedules, { failed: failures.length }), stop: () => bar.stop() };
  }
  let told = 0;
  return {
    update: ({ schedules, failures }) => {
      const tenths = Math.floor((schedules * 10) / total);
      if (tenths > told) console.error(`${schedules} of ${total} schedules, ${failures.length} with violations`);
      told = tenths;
    },
    stop: () => undefined,
  };
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
