import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { hashUnordered } from './hash-unordered.js';

type Metrics = Readonly<Record<string, number>>;

/** One metric over all chunks. */
interface Column {
  readonly key: string;
  readonly cells: readonly Cell[];
}

/** A metric's value in one chunk, and how many datums the chunk had. */
interface Cell {
  readonly value: number;
  readonly count: number;
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
  const chunks = outputs.map(({ metrics, lossFnOutputs }) => ({ metrics: new Map(Object.entries(metrics)), count: lossFnOutputs.length }));
  const metrics = Object.keys(first.metrics).flatMap((key) => {
    const cells = chunks.flatMap(({ metrics: values, count }): Cell[] => {
      const value = values.get(key);
      return value === undefined ? [] : [{ value, count }];
    });
    return cells.length === chunks.length ? Object.entries(reduce({ key, cells })) : [];
  });
  return E.right({
    lossFnOutputType: first.lossFnOutputType,
    lossFnOutputs: outputs.flatMap((output) => output.lossFnOutputs),
    metrics: Object.fromEntries(metrics),
  });
}

function reduce(column: Column): Metrics {
  const { key, cells } = column;
  const colon = key.lastIndexOf(':');
  const reducer = colon === -1 ? undefined : reducers.get(key.slice(colon + 1));
  if (reducer !== undefined) return reducer(column);
  return cells.length === 1 ? Object.fromEntries(cells.map(({ value }) => [key, value])) : {};
}

const single =
  (compute: (values: readonly number[], cells: readonly Cell[]) => number): Reducer =>
  ({ key, cells }) => ({ [key]: compute(cells.map(({ value }) => value), cells) });

const reducers: ReadonlyMap<string, Reducer> = new Map([
  ['sum', single((values) => values.reduce((sum, value) => sum + value, 0))],
  ['min', single((values) => Math.min(...values))],
  ['max', single((values) => Math.max(...values))],
  ['mean', single((_, cells) => weightedMean(cells))],
  ['slack', single((values, cells) => Math.max(...values) - weightedMean(cells))],
  ['unique', ({ key, cells }) => Object.fromEntries(cells.map(({ value }, index) => [index === 0 ? key : `${key}_${index}`, value]))],
  ['hash_unordered', single((values) => hashUnordered(values))],
]);

/** Weighted by datums; plain where no chunk has any. */
function weightedMean(cells: readonly Cell[]): number {
  const datums = cells.reduce((sum, { count }) => sum + count, 0);
  const weighted = datums === 0 ? cells.map(({ value }) => ({ value, count: 1 })) : cells;
  return weighted.reduce((sum, { value, count }) => sum + value * count, 0) / (datums === 0 ? cells.length : datums);
}
