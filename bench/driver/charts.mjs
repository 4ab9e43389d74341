import { barChart } from './bars.mjs';
import { soakChart } from './soak-chart.mjs';
import { converted } from './statistics.mjs';
import { told } from './units.mjs';

/** @typedef {import('./summary.mjs').CaseSummary} CaseSummary */

/**
 * The charts of a run, by file name; only those for which it measured something.
 * @param {{ cases: readonly CaseSummary[] }} results
 * @returns {[name: string, svg: string][]}
 */
export function chartsOf({ cases }) {
  const timed = cases.filter(({ name, differences }) => name !== 'soak' && differences.length === 0);
  const soaked = cases.find(({ name }) => name === 'soak');
  return [
    ...(timed.length === 0 ? [] : bars(timed)),
    ...(soaked === undefined ? [] : [['bench-soak.svg', soakChart(soaked.clients)]]),
  ];
}

/** @param {readonly CaseSummary[]} timed @returns {[string, string][]} */
function bars(timed) {
  const rounds = 'The median of several rounds; the thin line goes from the best round to the worst. Shorter is better.';
  return [
    ['bench-time.svg', barChart({ title: 'Time of one operation', says: rounds }, timed.map((one) => panel(one, 'seconds')))],
    ['bench-cpu.svg', barChart({ title: 'CPU time of one operation', says: rounds }, timed.map((one) => panel(one, 'cpuSeconds')))],
    ['bench-memory.svg', barChart({ title: 'Peak memory', says: rounds }, timed.map(memoryPanel))],
  ];
}

/** @param {CaseSummary} measured @param {'seconds' | 'cpuSeconds'} what @returns {import('./bars.mjs').Panel} */
function panel({ name, clients, checks }, what) {
  const { title, scale, unit, digits } = told[name];
  const [first] = checks;
  const ours = clients.ours?.seconds.median ?? 0;
  return {
    title,
    unit,
    digits,
    clients: mapped(clients, (client) => converted(client[what], (seconds) => seconds * scale)),
    // The first target of each of these cases is a share of another client's time.
    target: what !== 'seconds' || first === undefined ? undefined : { at: ((ours * first.atMost) / first.value) * scale, says: 'to reach' },
  };
}

/** @param {CaseSummary} measured @returns {import('./bars.mjs').Panel} */
function memoryPanel({ name, clients, checks }) {
  const limit = checks.find(({ says }) => says.startsWith('peak'));
  return {
    title: told[name].title,
    unit: 'MB',
    digits: 0,
    clients: mapped(clients, ({ peakRssMB }) => peakRssMB),
    target: limit === undefined ? undefined : { at: limit.atMost, says: 'to reach' },
  };
}

/** @template A, B @param {Record<string, A>} given @param {(value: A) => B} change @returns {Record<string, B>} */
function mapped(given, change) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, change(value)]));
}
