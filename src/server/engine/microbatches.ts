/**
 * How the sequences of a call are laid out for the device.
 *
 * Each batch shape costs about a second of compilation, and a large batch much memory. Lengths are
 * therefore padded to powers of two, sequences of one padded length share microbatches of at most
 * `MAX_MICROBATCH_TOKENS` positions, and the number of rows is a power of two as well. The layout
 * depends on nothing but the call itself, so the same call always sums in the same order.
 */
import type { TrainingDatum } from './engine.js';

/** Shortest padded length. */
export const MIN_BUCKET = 32;

/** Positions in a microbatch, except that one sequence longer than this is a microbatch by itself. */
export const MAX_MICROBATCH_TOKENS = 512;

/** Sequences padded to one shape; unused rows and positions have weight 0 and token 0. */
export interface Microbatch {
  readonly rows: number;
  readonly length: number;
  /** Index in the call of the datum in each used row. */
  readonly datums: readonly number[];
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** 0 where a datum gives none. */
  readonly samplingLogprobs: Float32Array<ArrayBuffer>;
}

/** Lays out a call, shortest bucket first, in the order of the call within a bucket. */
export function planMicrobatches(data: readonly TrainingDatum[]): Microbatch[] {
  const buckets = new Map<number, number[]>();
  data.forEach((datum, index) => {
    const length = paddedLength(datum.tokens.length);
    const bucket = buckets.get(length);
    if (bucket === undefined) buckets.set(length, [index]);
    else bucket.push(index);
  });
  const ordered = [...buckets].sort(([a], [b]) => a - b);
  return ordered.flatMap(([length, indexes]) => {
    const rows = Math.max(1, Math.floor(MAX_MICROBATCH_TOKENS / length));
    const batches: Microbatch[] = [];
    for (let start = 0; start < indexes.length; start += rows) {
      batches.push(pack(data, indexes.slice(start, start + rows), length));
    }
    return batches;
  });
}

function pack(data: readonly TrainingDatum[], datums: readonly number[], length: number): Microbatch {
  const rows = nextPowerOfTwo(datums.length);
  const tokens = new Int32Array(rows * length);
  const targets = new Int32Array(rows * length);
  const weights = new Float32Array(rows * length);
  const samplingLogprobs = new Float32Array(rows * length);
  datums.forEach((index, row) => {
    const datum = data[index];
    if (datum === undefined) return;
    tokens.set(datum.tokens, row * length);
    targets.set(datum.targetTokens, row * length);
    weights.set(datum.weights, row * length);
    if (datum.samplingLogprobs !== undefined) samplingLogprobs.set(datum.samplingLogprobs, row * length);
  });
  return { rows, length, datums, tokens, targets, weights, samplingLogprobs };
}

function paddedLength(length: number): number {
  return Math.max(MIN_BUCKET, nextPowerOfTwo(length));
}

function nextPowerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
