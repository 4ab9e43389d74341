/**
 * Measures what it costs to be looked at: the same work with nobody watching, with an inspector, with an inspector whose
 * page is open, and with a recording.
 *
 *   npm run bench:inspect [-- --rounds N] [--scale F] [--json]
 *
 * Sampling says what it takes of the speed, in CPU time too, since a busy machine blurs time; the soak says what it takes of
 * the memory: of its 100,000 operations each leaves a record. Exits with 1 when a run fails.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { fileURLToPath } from 'node:url';
import { progressOf } from './driver/progress.mjs';
import { runOnce } from './driver/run-once.mjs';
import { median, rotated } from './driver/statistics.mjs';
import { startStub } from './driver/stub.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '12' }, scale: { type: 'string', default: '8' }, json: { type: 'boolean', default: false } } });
const rounds = Number(values.rounds);
const scale = Number(values.scale);
const ways = ['nobody', 'inspector', 'page', 'recording'];
const program = fileURLToPath(new URL('cases/ours.mjs', import.meta.url));

const plan = [
  { name: 'sample', rounds, scale },
  { name: 'soak', rounds: 1, scale: Math.min(1, scale / 4) },
];
const progress = progressOf(plan.reduce((sum, { rounds: count }) => sum + count * ways.length, 0));
const stub = await startStub();
/** @type {Record<string, Record<string, import('./driver/run-once.mjs').Run[]>>} */
const runs = {};
try {
  for (const { name, rounds: count, scale: size } of plan) {
    const of = Object.fromEntries(ways.map((way) => [way, []]));
    runs[name] = of;
    for (let round = 0; round < count; round += 1) {
      for (const way of rotated(ways, round)) {
        progress.next({ name, client: way, round: round + 1 });
        process.env['BENCH_INSPECT'] = way;
        of[way]?.push(await runOnce({ name: 'ours', label: way, command: process.execPath, args: ['--expose-gc', program] }, name, stub, size));
      }
    }
  }
} finally {
  progress.stop();
  await stub.close();
}

const lines = ways.map((way) => {
  const sample = runs['sample']?.[way] ?? [];
  const [soak] = runs['soak']?.[way] ?? [];
  return {
    way,
    perSecond: median(sample.map(({ operations, seconds }) => operations / seconds)),
    // What else a machine does only makes a round slower: the best of many is disturbed least.
    best: Math.max(...sample.map(({ operations, seconds }) => operations / seconds)),
    cpuMs: median(sample.map(({ operations, cpuSeconds }) => (cpuSeconds * 1000) / operations)),
    leastCpuMs: Math.min(...sample.map(({ operations, cpuSeconds }) => (cpuSeconds * 1000) / operations)),
    endRssMB: soak?.extra.endRssMB ?? 0,
    inUseMB: soak?.extra.inUseMB ?? 0,
  };
});
const [base] = lines;
const share = (value, of) => `${value >= of ? '+' : ''}${(((value - of) / of) * 100).toFixed(1)} %`;
if (values.json) console.log(JSON.stringify({ rounds, scale, lines }));
else {
  const head = ['watched by', 'samples a second', '', 'at best', '', 'CPU a sample, ms', '', 'at best', '', 'soak: heap, MB', '', 'process, MB', ''];
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ['left', ...Array(12).fill('right')] });
  for (const { way, perSecond, best, cpuMs, leastCpuMs, endRssMB, inUseMB } of lines) {
    table.push([
      way,
      perSecond.toFixed(0),
      share(perSecond, base.perSecond),
      best.toFixed(0),
      share(best, base.best),
      cpuMs.toFixed(3),
      share(cpuMs, base.cpuMs),
      leastCpuMs.toFixed(3),
      share(leastCpuMs, base.leastCpuMs),
      inUseMB.toFixed(0),
      `${(inUseMB - base.inUseMB).toFixed(0)}`,
      endRssMB.toFixed(0),
      `${(endRssMB - base.endRssMB).toFixed(0)}`,
    ]);
  }
  console.log(table.toString());
}
