/**
 * Runs a program for as long as users do, and counts what is alive meanwhile: see `npm run soak -- --help`. Ends with 1
 * when anything grows.
 */
import { writeFileSync } from 'node:fs';
import { loadInternals } from './internals.mjs';
import { readOptions } from './options.mjs';
import { complaintsOf, markdownTable, summary, terminalTable } from './report.mjs';
import { simulatedPart } from './simulated-part.mjs';
import { socketsPart } from './sockets-part.mjs';

const options = readOptions(process.argv.slice(2));
const inspector = options.inspect ? await openInspector() : undefined;
// What is said to users, thousands of times in a run of faults.
console.warn = () => undefined;

const { samples, hours, plant } = options;
const { inspect } = inspector ?? {};
const part = (/** @type {number} */ operations) => ({ operations, samples, inspect, onProgress: progressOf(operations) });
const simulated = options.operations === 0 ? undefined : await simulatedPart(await loadInternals(), { ...part(options.operations), hours, plant });
const overSockets = options.sockets === 0 ? undefined : await socketsPart(await loadInternals(), part(options.sockets));
await inspector?.close();

const parts = [simulated, overSockets].filter((found) => found !== undefined);
const complaints = parts.flatMap(complaintsOf);
const passed = complaints.length === 0;
const figures = { passed, complaints, node: process.version, simulated, sockets: overSockets };
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(figures, undefined, 1)}\n`);
if (options.markdown !== undefined) writeFileSync(options.markdown, parts.map((found) => `${summary(found)}\n\n${markdownTable(found)}\n`).join('\n'));
if (options.json) console.log(JSON.stringify(figures));
else for (const found of parts) console.log(`${summary(found)}\n${terminalTable(found)}\n`);
for (const complaint of complaints) console.error(complaint);
process.exitCode = passed ? 0 : 1;

/** @param {number} operations */
function progressOf(operations) {
  return (/** @type {number} */ done) => {
    const text = `${Math.round((100 * done) / operations)} %`;
    if (process.stderr.isTTY) process.stderr.write(`\r${text} `);
    else if (options.verbose) console.error(text);
  };
}

async function openInspector() {
  const { startInspector } = await import('../dist/inspector/index.js');
  return startInspector({ port: 0, maxBytes: 1024 * 1024, log: () => undefined });
}
