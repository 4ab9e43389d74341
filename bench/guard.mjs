/**
 * Guards against becoming slower: compares ratios within one short run with the most that they may be (guard.json),
 * never absolute times, so that it says the same on a slow machine as on a fast one.
 *
 *   npm run bench:guard
 *
 * A case beyond its bounds is measured once more with twice the rounds, since a busy machine may have been the reason.
 * Exits with 1 when it is beyond them again, when a client fails, or when the clients did not do the same work.
 */
import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { clientsWith } from './driver/clients.mjs';
import { measureAll } from './driver/measure-all.mjs';
import { progressOf } from './driver/progress.mjs';
import { sdkPythonThere } from './driver/python.mjs';
import { judged } from './driver/ratios.mjs';
import { startStub } from './driver/stub.mjs';
import { summaryOf } from './driver/summary.mjs';

const { rounds: usualRounds, cases } = JSON.parse(readFileSync(new URL('guard.json', import.meta.url), 'utf8'));

const python = await sdkPythonThere();
if (python === undefined) console.error('The environment of the official SDK is not there, so nothing is compared with it.');
// Over httpx, which is not its usual transport, the SDK takes longest.
const clients = clientsWith(python).filter(({ name }) => name !== 'sdk-httpx');
const stub = await startStub();
try {
  const first = await judge(Object.keys(cases), usualRounds);
  const again = first.beyond.length === 0 || first.problems.length > 0 ? undefined : await judge(first.beyond, 2 * usualRounds);
  const problems = [...first.problems, ...(again?.problems ?? [])];
  const worse = (again ?? first).lines.filter(({ kept }) => !kept);
  console.log(inTable([...first.lines.filter(({ name }) => again === undefined || !first.beyond.includes(name)), ...(again?.lines ?? [])]));
  for (const { name, says, value, atMost } of worse) {
    problems.push(`${name}: ${says} is ${value.toFixed(2)}, at most ${atMost} is allowed. See where the time goes with npm run bench -- --case ${name}; where the cost is wanted, raise the bound in bench/guard.json and say why.`);
  }
  console.log(problems.length === 0 ? 'All ratios are within their bounds.' : `\n${problems.join('\n')}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await stub.close();
}

/** @param {readonly string[]} names @param {number} rounds */
async function judge(names, rounds) {
  const progress = progressOf(names.length * rounds * clients.length);
  const planned = names.map((name) => ({ name, rounds, scaleOf: () => cases[name].scale }));
  const { runs, failures } = await measureAll(planned, clients, stub, progress.next).finally(progress.stop);
  const summaries = [...runs].map(([name, runsOf]) => summaryOf(name, runsOf));
  const lines = summaries.flatMap(({ name, clients: measured }) => judged(measured, cases[name]).map((line) => ({ name, ...line })));
  const beyond = names.filter((name) => lines.some((line) => line.name === name && !line.kept));
  const unlike = summaries.flatMap(({ name, differences }) => differences.map((difference) => `${name}, not the same work: ${difference}`));
  return { lines, beyond, problems: [...failures, ...unlike] };
}

/** @param {readonly { name: string, says: string, value: number, atMost: number, kept: boolean }[]} lines */
function inTable(lines) {
  const table = new Table({ head: ['case', 'ratio', 'measured', 'at most', ''], style: { head: [], border: [] }, colAligns: ['left', 'left', 'right', 'right', 'left'] });
  for (const { name, says, value, atMost, kept } of lines) table.push([name, says, value.toFixed(2), atMost, kept ? 'kept' : 'BEYOND']);
  return table.toString();
}
