import { checksOf } from './targets.mjs';
import { growth, median, spread } from './statistics.mjs';
import { differencesOf } from './work-done.mjs';

/** @typedef {import('./statistics.mjs').Spread} Spread */

/**
 * @typedef {object} ClientSummary
 * @property {number} operations
 * @property {number} scale
 * @property {Spread} seconds of one operation
 * @property {Spread} cpuSeconds of one operation
 * @property {Spread} peakRssMB
 * @property {{ idleMB: Spread, endMB: Spread, growth: number, samples: { operations: number, rssMB: number }[] }} [soak]
 */

/**
 * @typedef {object} CaseSummary
 * @property {string} name
 * @property {number} rounds
 * @property {Record<string, ClientSummary>} clients
 * @property {string[]} differences in the work that the clients did; where there are any, nothing is compared
 * @property {import('./targets.mjs').Check[]} checks
 */

/**
 * @param {string} name
 * @param {ReadonlyMap<string, readonly import('./run-once.mjs').Run[]>} runsOf runs by the client's name
 * @returns {CaseSummary}
 */
export function summaryOf(name, runsOf) {
  const clients = Object.fromEntries([...runsOf].map(([client, runs]) => [client, clientSummary(runs)]));
  // The queue alone sends nothing.
  const differences = differencesOf(new Map([...runsOf].filter(([client]) => client !== 'queue')));
  const rounds = Math.max(...[...runsOf.values()].map((runs) => runs.length));
  return { name, rounds, clients, differences, checks: differences.length > 0 ? [] : checksOf(name, clients) };
}

/** @param {readonly import('./run-once.mjs').Run[]} runs @returns {ClientSummary} */
function clientSummary(runs) {
  const [first] = runs;
  if (first === undefined) throw new Error('a client without runs has no summary');
  const { operations, scale } = first;
  const common = {
    operations,
    scale,
    seconds: spread(runs.map(({ seconds }) => seconds / operations)),
    cpuSeconds: spread(runs.map(({ cpuSeconds }) => cpuSeconds / operations)),
    peakRssMB: spread(runs.map(({ peakRssMB }) => peakRssMB)),
  };
  const samples = first.extra.samples;
  if (samples === undefined) return common;
  return {
    ...common,
    soak: {
      idleMB: spread(runs.map(({ extra }) => extra.idleRssMB ?? 0)),
      endMB: spread(runs.map(({ extra }) => extra.endRssMB ?? 0)),
      growth: median(runs.map(({ extra }) => growth(extra.samples ?? []))),
      samples,
    },
  };
}
