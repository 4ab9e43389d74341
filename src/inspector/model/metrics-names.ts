import { lossPerDatum, lossPerToken } from './metrics-derived.js';
import { partsOf } from './metrics-reduce.js';
import { isForward, type MetricSeries } from './metrics-series.js';

const reductions: ReadonlyMap<string, string> = new Map([
  ['sum', 'sum of a step'],
  ['mean', 'mean of a step'],
  ['min', 'least of a step'],
  ['max', 'greatest of a step'],
  ['slack', 'greatest minus mean'],
  ['unique', 'value of a step'],
  ['hash_unordered', 'hash'],
]);

/** What a metric's numbers are, in a few words; empty where nothing tells. */
export function unitOf(metric: string): string {
  const plain = metric.replace(' (forward)', '');
  if (plain === lossPerToken) return 'summed loss / tokens';
  if (plain === lossPerDatum) return 'summed loss / datums';
  const { name, reduction } = partsOf(plain);
  const counted = /token/i.test(name) ? 'tokens' : /datum|example|sequence/i.test(name) ? 'datums' : undefined;
  return [counted, reductions.get(reduction ?? '')].filter((part) => part !== undefined).join(', ');
}

/** All metrics, the loss first, hashes last. */
export function metricNames(series: readonly MetricSeries[]): readonly string[] {
  return [...new Set(series.map(({ metric }) => metric))].toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

/** What is shown until somebody chooses: losses, and how large the gradients are. */
export function firstShown(names: readonly string[]): readonly string[] {
  const losses = names.filter((name) => rank(name) < 5);
  return (losses.length === 0 ? names : losses).slice(0, 4);
}

function rank(metric: string): number {
  const plain = metric.replace(' (forward)', '');
  if (partsOf(plain).reduction === 'hash_unordered') return 9;
  if (plain === 'loss:sum' || plain === 'loss:mean' || plain === 'loss') return isForward(metric) ? 2 : 0;
  if (plain === lossPerToken || plain === lossPerDatum) return isForward(metric) ? 3 : 1;
  if (/grad.*norm/i.test(plain)) return 4;
  return isForward(metric) ? 7 : 6;
}
