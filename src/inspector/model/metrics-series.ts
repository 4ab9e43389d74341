import type { MetricsRecord } from '../../inspection/records.js';
import { derivedValues } from './metrics-derived.js';
import { reduced } from './metrics-reduce.js';

export interface MetricPoint {
  /** The optimizer step. */
  readonly step: number;
  /** Absent where the step has no such value: a gap. */
  readonly value: number | undefined;
}

/** One metric of one client. */
export interface MetricSeries {
  readonly client: string;
  /** Its name, followed by `(forward)` for evaluations. */
  readonly metric: string;
  /** One a step, in order. */
  readonly points: readonly MetricPoint[];
  /** How often it is interrupted by steps without a value. */
  readonly gaps: number;
}

export interface MetricsRead {
  readonly series: readonly MetricSeries[];
  /** Steps of an earlier run that a later one, which began before them, took again: the later ones are shown. */
  readonly replaced: number;
}

const forwardMark = ' (forward)';

/** Whether a metric is that of evaluations, which are not made at every step. */
export const isForward = (metric: string): boolean => metric.endsWith(forwardMark);

/** Curves of everything that was measured: passes at the same step are joined, evaluations are kept apart. */
export function metricSeries(records: readonly MetricsRecord[]): MetricsRead {
  const found = [...grouped(records, ({ client }) => client)].map(([client, own]) => {
    const { kept, replaced } = newestRuns(own);
    return { replaced, series: seriesOf(client, kept) };
  });
  return { series: found.flatMap(({ series }) => series), replaced: found.reduce((sum, { replaced }) => sum + replaced, 0) };
}

function seriesOf(client: string, records: readonly MetricsRecord[]): MetricSeries[] {
  return [...grouped(records, ({ kind }) => (kind === 'forward' ? forwardMark : ''))].flatMap(([mark, ofKind]) => {
    const steps = [...grouped(ofKind, ({ step }) => step)]
      .toSorted(([one], [other]) => one - other)
      .map(([step, ofStep]) => ({ step, values: valuesOf(ofStep) }));
    const metrics = new Set(steps.flatMap(({ values }) => [...values.keys()]));
    return [...metrics].map((metric): MetricSeries => {
      const points = steps.map(({ step, values }): MetricPoint => ({ step, value: values.get(metric) }));
      const first = points.findIndex(({ value }) => value !== undefined);
      const last = points.findLastIndex(({ value }) => value !== undefined);
      const within = points.slice(first, last + 1);
      const whole = mark === '' ? withMissing(within) : within.filter(({ value }) => value !== undefined);
      return { client, metric: metric + mark, points: whole, gaps: whole.filter(({ value }, index) => value === undefined && whole[index - 1]?.value !== undefined).length };
    });
  });
}

/** All metrics of a step, and what follows from them. */
function valuesOf(records: readonly MetricsRecord[]): ReadonlyMap<string, number> {
  const given = new Map<string, number[]>();
  for (const { values } of records.toSorted((one, other) => one.at - other.at)) {
    for (const [metric, value] of Object.entries(values)) {
      if (Number.isFinite(value)) given.set(metric, [...(given.get(metric) ?? []), value]);
    }
  }
  const joined = new Map<string, number>();
  for (const [metric, values] of given) {
    const value = reduced(metric, values);
    if (value !== undefined) joined.set(metric, value);
  }
  return new Map([...joined, ...derivedValues(joined)]);
}

/** A metric of every step has a gap where a step is missing; one that is measured now and then has none. */
function withMissing(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const every = points.some(({ step }, index) => step - (points[index - 1]?.step ?? -Infinity) === 1);
  if (!every) return points.filter(({ value }) => value !== undefined);
  return points.flatMap((point, index) => {
    const before = points[index - 1]?.step ?? point.step - 1;
    return point.step - before === 1 ? [point] : [{ step: before + 1, value: undefined }, point];
  });
}

/** A client that another service has taken up from a checkpoint repeats steps: what the earlier one did with them is over. */
function newestRuns(records: readonly MetricsRecord[]): { readonly kept: readonly MetricsRecord[]; readonly replaced: number } {
  const runs = [...grouped(records, ({ service }) => service).values()].toSorted((one, other) => earliest(one) - earliest(other));
  const kept = runs.flatMap((run, index) => {
    const resumed = Math.min(...runs.slice(index + 1).flatMap((later) => later.map(({ step }) => step)), Infinity);
    return run.filter(({ step }) => step < resumed);
  });
  const stays = new Set(kept);
  const lost = new Set(records.filter((record) => !stays.has(record)).map(({ step }) => step));
  return { kept, replaced: lost.size };
}

const earliest = (records: readonly MetricsRecord[]): number => records.reduce((least, { at }) => Math.min(least, at), Infinity);

function grouped<A, K>(items: readonly A[], keyOf: (item: A) => K): ReadonlyMap<K, readonly A[]> {
  const groups = new Map<K, A[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
