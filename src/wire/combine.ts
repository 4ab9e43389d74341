import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { hashUnordered } from './hash-unordered.js';

type Metrics = Readonly<Record<string, number>>;

/** One metric's value in every chunk, and how many datums each chunk had. */
interface Column {
  readonly key: string;
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

type Reducer = (column: Column) => Metrics;

/**
 * Joins the results of the chunks of one pass: outputs in chunk order, metrics by the reduction that
 * their name ends in (wire protocol §4.8). A metric that some chunk lacks is left out; so is one with an
 * unknown reduction, unless there is only one chunk and nothing to reduce. Unlike the official client,
 * a metric that cannot be reduced never costs the result of the pass.
 */
export function combineOutputs(outputs: readonly ForwardBackwardOutput[]): E.Either<TinkerError, ForwardBackwardOutput> {
  const [first] = outputs;
  if (first === undefined) return E.left(new TinkerError('malformedResponse', 'no chunk has a result'));
  const counts = outputs.map((output) => output.lossFnOutputs.length);
  const metrics = Object.keys(first.metrics).flatMap((key) => {
    const values = outputs.flatMap((output) => output.metrics[key] ?? []);
    return values.length === outputs.length ? Object.entries(reduce({ key, values, counts })) : [];
  });
  return E.right({
    lossFnOutputType: first.lossFnOutputType,
    lossFnOutputs: outputs.flatMap((output) => output.lossFnOutputs),
    metrics: Object.fromEntries(metrics),
  });
}

function reduce(column: Column): Metrics {
  const { key, values } = column;
  const reducer = reducers[key.slice(key.lastIndexOf(':') + 1)];
  if (reducer !== undefined) return reducer(column);
  const [only] = values;
  return values.length === 1 && only !== undefined ? { [key]: only } : {};
}

const single =
  (compute: (column: Column) => number): Reducer =>
  (column) => ({ [column.key]: compute(column) });

const reducers: Readonly<Record<string, Reducer>> = {
  sum: single(({ values }) => values.reduce((sum, value) => sum + value, 0)),
  min: single(({ values }) => Math.min(...values)),
  max: single(({ values }) => Math.max(...values)),
  mean: single(weightedMean),
  slack: single((column) => Math.max(...column.values) - weightedMean(column)),
  unique: ({ key, values }) => Object.fromEntries(values.map((value, index) => [index === 0 ? key : `${key}_${index}`, value])),
  hash_unordered: single(({ values }) => hashUnordered(values)),
};

/** Weighted by datums; plain where no chunk has any. */
function weightedMean({ values, counts }: Column): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const weights = total === 0 ? values.map(() => 1) : counts;
  const sum = values.reduce((acc, value, index) => acc + value * (weights[index] ?? 0), 0);
  return sum / (total === 0 ? values.length : total);
}
