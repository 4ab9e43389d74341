/**
 * Measures this client, the official SDK and the raw limit, alternately, on the same stub server.
 *
 *   npm run bench [-- --help]
 *
 * Exits with 1 when a client failed, or the clients did not do the same work. A target that is missed is shown, and fails nothing: what
 * guards against regressions is `npm run bench:guard`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { work } from './cases/work.mjs';
import { chartsOf } from './driver/charts.mjs';
import { clientsWith } from './driver/clients.mjs';
import { writeDocument } from './driver/document.mjs';
import { machineAndVersions } from './driver/machine.mjs';
import { measureAll } from './driver/measure-all.mjs';
import { readOptions } from './driver/options.mjs';
import { plan, planned } from './driver/plan.mjs';
import { progressOf } from './driver/progress.mjs';
import { sdkPython } from './driver/python.mjs';
import { startStub } from './driver/stub.mjs';
import { summaryOf } from './driver/summary.mjs';
import { inTerminal, tablesOf } from './driver/tables.mjs';

const options = readOptions(process.argv.slice(2), Object.keys(plan));
const python = await sdkPython(options.sdk, (line) => console.error(line));
if (options.writeDocs && python === undefined) {
  console.error('--write-docs: the document compares with the SDK, which cannot be run here');
  process.exit(2);
}
const clients = clientsWith(python);
const cases = planned(options.cases, options);
const progress = progressOf(cases.reduce((sum, { rounds }) => sum + rounds * clients.length, 0));
const stub = await startStub();
const { runs, failures } = await measureAll(cases, clients, stub, progress.next).finally(async () => {
  progress.stop();
  await stub.close();
});

const summaries = [...runs].map(([name, runsOf]) => summaryOf(name, runsOf));
const results = { ...(await machineAndVersions(python)), madeAt: new Date().toISOString().slice(0, 10), scale: options.scale, cases: summaries };
if (options.json) console.log(JSON.stringify(results));
else {
  console.log(tablesOf(summaries, work).map(inTerminal).join('\n\n'));
  if (python === undefined) console.log('\nThe official SDK was not measured.');
}
if (options.out !== undefined) {
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  for (const [name, svg] of chartsOf(results)) await writeFile(join(options.out, name), svg);
}
const differences = summaries.flatMap(({ name, differences: all }) => all.map((difference) => `${name}, not the same work: ${difference}`));
const problems = [...failures, ...differences];
if (problems.length > 0) {
  console.error(`\nThe measurement is not whole:\n${problems.join('\n')}`);
  process.exitCode = 1;
} else if (options.writeDocs) await writeDocument(results, work);
