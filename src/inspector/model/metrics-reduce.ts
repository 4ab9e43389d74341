/** Joins the values that several passes gave a metric at one step; nothing where they cannot be joined. */
type Reducer = (values: readonly number[]) => number | undefined;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Names and hashes of something: they have no sum, and no middle. */
const same: Reducer = (values) => (values.every((value) => value === values[0]) ? values[0] : undefined);

const reducers: ReadonlyMap<string, Reducer> = new Map<string, Reducer>([
  ['sum', (values) => values.reduce((sum, value) => sum + value, 0)],
  ['mean', mean],
  ['min', (values) => Math.min(...values)],
  ['max', (values) => Math.max(...values)],
  ['slack', (values) => Math.max(...values) - mean(values)],
  ['unique', same],
  ['hash_unordered', same],
]);

/** The name of a metric without its reduction, and the reduction; `grad_norm` has none. */
export function partsOf(metric: string): { readonly name: string; readonly reduction: string | undefined } {
  const colon = metric.lastIndexOf(':');
  return colon === -1 ? { name: metric, reduction: undefined } : { name: metric.slice(0, colon), reduction: metric.slice(colon + 1) };
}

/**
 * One value of a metric for a step, of all that its passes gave, oldest first. Its reduction is what its name ends in;
 * passes count alike, since nothing tells their sizes. Without a known reduction the last one stands.
 */
export function reduced(metric: string, values: readonly number[]): number | undefined {
  if (values.length <= 1) return values[0];
  const reducer = reducers.get(partsOf(metric).reduction ?? '');
  const value = reducer === undefined ? values.at(-1) : reducer(values);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
