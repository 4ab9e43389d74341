/**
 * Runs a program for as long as users do, and counts what is alive meanwhile: see `npm run soak -- --help`. Ends with 1
 * when anything grows.
 */
import { writeFileSync } from 'node:fs';
import { loadInternals } from './internals.mjs';
import { readOptions } from './options.mjs';
import { growing, markdownTable, terminalTable } from './report.mjs';
import { simulatedPart } from './simulated-part.mjs';

const options = readOptions(process.argv.slice(2));
const internals = await loadInternals();
const inspector = options.inspect ? await openInspector() : undefined;
// What is said to users, thousands of times in a run of faults.
console.warn = () => undefined;

const simulated = await simulatedPart(internals, {
  ...options,
  inspect: inspector?.inspect,
  onProgress: (operations) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.round((100 * operations) / options.operations)} %`);
  },
});
await inspector?.close();

const grows = growing(simulated);
const left = Object.entries({ timers: 0, signalListeners: 0, keepAlive: 0, waiting: 0, requestsUnderWay: 0 }).filter(
  ([name, allowed]) => Object.entries(simulated.afterClose).some(([found, count]) => found === name && count > allowed),
);
const passed = grows.length === 0 && left.length === 0;
const figures = { passed, node: process.version, simulated };

if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(figures, undefined, 1)}\n`);
if (options.markdown !== undefined) writeFileSync(options.markdown, `${markdownTable(simulated)}\n`);
if (options.json) console.log(JSON.stringify(figures));
else {
  const { operations, hours, seconds, heartbeats, rejected, faults } = simulated;
  console.log(`${operations} operations in ${hours.toFixed(1)} simulated hours, ${seconds.toFixed(0)} s`);
  console.log(`rejected, by kind of error: ${JSON.stringify(rejected)}`);
  console.log(`faults: ${JSON.stringify(faults)}`);
  console.log(`heartbeats: ${heartbeats.count}, longest gap ${heartbeats.longestGapMs} ms\n`);
  console.log(terminalTable(simulated));
}
for (const name of grows) console.error(`${name} grows`);
for (const [name] of left) console.error(`${name}: something is left after close()`);
process.exitCode = passed ? 0 : 1;

async function openInspector() {
  const { startInspector } = await import('../dist/inspector/index.js');
  return startInspector({ port: 0, maxBytes: 1024 * 1024, log: () => undefined });
}
