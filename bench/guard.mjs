/**
 * Guards against becoming slower: compares ratios within one short run with the most that they may be (guard.json),
 * never absolute times, so that it says the same on a slow machine as on a fast one.
 *
 *   npm run bench:guard
 *
 * A case beyond its bounds is measured for as many rounds more, since a busy machine may have been the reason.
 * Exits with 1 when all rounds together are beyond them, when a client fails, or when the clients did not do the same work.
 */
import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { clientsWith } from './driver/clients.mjs';
import { measureAll } from './driver/measure-all.mjs';
import { progressOf } from './driver/progress.mjs';
import { judged } from './driver/ratios.mjs';
import { startStub } from './driver/stub.mjs';
import { summaryOf } from './driver/summary.mjs';

const { rounds, cases } = JSON.parse(readFileSync(new URL('guard.json', import.meta.url), 'utf8'));

// Without the SDK: what its next release does must not fail us.
const clients = clientsWith(undefined);
const stub = await startStub();
/** @type {Map<string, Map<string, import('./driver/run-once.mjs').Run[]>>} */
const runs = new Map();
const problems = [];
try {
  await measure(Object.keys(cases));
  const doubtful = new Set(beyond(judge()).map(({ name }) => name));
  if (doubtful.size > 0 && problems.length === 0) await measure([...doubtful]);
} finally {
  await stub.close();
}

const lines = judge();
console.log(inTable(lines));
for (const { name, says, value, atMost } of beyond(lines)) {
  problems.push(`${name}: ${says} is ${value.toFixed(2)}, at most ${atMost} is allowed. See where the time goes with npm run bench -- --case ${name}; where the cost is wanted, raise the bound in bench/guard.json and say why.`);
}
console.log(problems.length === 0 ? 'All ratios are within their bounds.' : `\n${problems.join('\n')}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Runs these cases, beside what was run of them before. @param {readonly string[]} names */
async function measure(names) {
  const progress = progressOf(names.length * rounds * clients.length);
  const planned = names.map((name) => ({ name, rounds, scaleOf: () => cases[name].scale }));
  const { runs: made, failures } = await measureAll(planned, clients, stub, progress.next).finally(progress.stop);
  problems.push(...failures);
  for (const [name, byClient] of made) {
    const before = runs.get(name) ?? new Map();
    runs.set(name, new Map([...byClient].map(([client, more]) => [client, [...(before.get(client) ?? []), ...more]])));
    for (const difference of summaryOf(name, byClient).differences) problems.push(`${name}, not the same work: ${difference}`);
  }
}

function judge() {
  return [...runs].flatMap(([name, byClient]) => judged(summaryOf(name, byClient).clients, cases[name]).map((line) => ({ name, ...line })));
}

/** @template {{ kept: boolean }} A @param {readonly A[]} all */
function beyond(all) {
  return all.filter(({ kept }) => !kept);
}

/** @param {readonly { name: string, says: string, value: number, atMost: number, kept: boolean }[]} lines */
function inTable(lines) {
  const table = new Table({ head: ['case', 'ratio', 'measured', 'at most', ''], style: { head: [], border: [] }, colAligns: ['left', 'left', 'right', 'right', 'left'] });
  for (const { name, says, value, atMost, kept } of lines) table.push([name, says, value.toFixed(2), atMost, kept ? 'kept' : 'BEYOND']);
  return table.toString();
}
