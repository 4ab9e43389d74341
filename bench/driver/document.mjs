import { readFile, writeFile } from 'node:fs/promises';
import { chartsOf } from './charts.mjs';
import { inMarkdown, tablesOf } from './tables.mjs';

const docs = new URL('../../docs/', import.meta.url);
const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';

const captions = {
  'bench-time.svg': 'Time of one operation, by case and client',
  'bench-cpu.svg': 'CPU time of one operation, by case and client',
  'bench-memory.svg': 'Peak memory, by case and client',
  'bench-soak.svg': 'Memory over a long run, by client',
};

/** Replaces what docs/benchmarks.md says was measured, and its charts. All of it is from this one run. */
export async function writeDocument(results, work) {
  const path = new URL('benchmarks.md', docs);
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/benchmarks.md has no lines ${begin} and ${end}`);
  const charts = chartsOf(results);
  for (const [name, svg] of charts) await writeFile(new URL(name, docs), svg);
  const tables = tablesOf(results.cases, work);
  const region = [
    begin,
    provenance(results),
    ...charts.map(([name]) => `![${captions[name]}](${name})`),
    ...tables.map(inMarkdown),
    end,
  ].join('\n\n');
  await writeFile(path, `${before}${region}${after}`);
}

/** One run's date, machine and versions. */
function provenance({ madeAt, machine, versions, cases }) {
  const { tinkerjs, node, undici, tinker, python, ...others } = versions;
  const rest = Object.entries(others).map(([name, version]) => `${name} ${version}`);
  const rounds = cases.map(({ name, rounds: count }) => `${name} ${count}`);
  return [
    `- Measured: ${madeAt}, all in one run of \`npm run bench -- --write-docs\``,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `- tinkerjs ${tinkerjs} on Node ${node}, undici ${undici}`,
    `- Official SDK: tinker ${tinker} on Python ${python}, with ${rest.join(', ')}`,
    `- Rounds: ${rounds.join(', ')}`,
  ].join('\n');
}
