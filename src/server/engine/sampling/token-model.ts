/**
 * The decoder once more, for sampling: token by token in plain arrays, with keys and values kept.
 *
 * It computes what `decoder.ts` computes, so that the log-probabilities of samples are those of
 * training. A step takes any number of rows, of one sequence or of many: consecutive positions of a
 * prompt, or the newest token of each of several sequences.
 */
import type { DecoderConfig } from '../base-models.js';
import { UNEMBEDDING_STD } from '../base-weights.js';
import type { BaseWeights } from '../base-weights.js';
import type { KvCache } from './kv-cache.js';
import { timesTransposed } from './linear.js';

/** One token to be read; `cache` holds all earlier positions and takes in this one. */
export interface TokenRow {
  readonly cache: KvCache;
  readonly position: number;
  readonly token: number;
}

/** A base model with or without an adapter in its weights. */
export class TokenModel {
  readonly config: DecoderConfig;
  readonly #weights: BaseWeights;
  readonly #cos: Float32Array;
  readonly #sin: Float32Array;

  constructor(config: DecoderConfig, weights: BaseWeights) {
    this.config = config;
    this.#weights = weights;
    const half = config.headWidth / 2;
    const angle = (index: number): number => Math.floor(index / half) / config.ropeBase ** ((index % half) / half);
    this.#cos = new Float32Array(config.maxContextLength * half).map((_, index) => Math.cos(angle(index)));
    this.#sin = new Float32Array(config.maxContextLength * half).map((_, index) => Math.sin(angle(index)));
  }

  /** Reads tokens; gives the normed final state of each, [rows, width]. Rows of one sequence are in order of position. */
  step(rows: readonly TokenRow[]): Float64Array {
    const { width, layers, heads, kvHeads, headWidth, mlpWidth, normEps } = this.config;
    const count = rows.length;
    const queryWidth = heads * headWidth;
    const keyWidth = kvHeads * headWidth;
    const state = this.#embed(rows);
    const normed = new Float64Array(count * width);
    const queries = new Float64Array(count * queryWidth);
    const keys = new Float64Array(count * keyWidth);
    const values = new Float64Array(count * keyWidth);
    const mixed = new Float64Array(count * queryWidth);
    const update = new Float64Array(count * width);
    const gate = new Float64Array(count * mlpWidth);
    const up = new Float64Array(count * mlpWidth);
    for (let layer = 0; layer < layers; layer++) {
      const weights = this.#weights.layers[layer];
      if (weights === undefined) throw new RangeError(`no layer ${layer}`);
      rmsNorm(state, width, normEps, normed);
      timesTransposed(normed, count, weights.q_proj, width, queryWidth, queries);
      timesTransposed(normed, count, weights.k_proj, width, keyWidth, keys);
      timesTransposed(normed, count, weights.v_proj, width, keyWidth, values);
      rows.forEach(({ cache, position }, row) => {
        this.#rotate(queries, row * queryWidth, heads, position);
        this.#rotate(keys, row * keyWidth, kvHeads, position);
        cache.write(layer, position, keys, values, row * keyWidth);
        this.#attend(queries, mixed, row * queryWidth, cache, layer, position);
      });
      timesTransposed(mixed, count, weights.o_proj, queryWidth, width, update);
      addTo(state, update);
      rmsNorm(state, width, normEps, normed);
      timesTransposed(normed, count, weights.gate_proj, width, mlpWidth, gate);
      timesTransposed(normed, count, weights.up_proj, width, mlpWidth, up);
      for (let i = 0; i < gate.length; i++) {
        const x = gate[i] ?? 0;
        gate[i] = (x / (1 + Math.exp(-x))) * (up[i] ?? 0);
      }
      timesTransposed(gate, count, weights.down_proj, mlpWidth, width, update);
      addTo(state, update);
    }
    rmsNorm(state, width, normEps, normed);
    return normed;
  }

  /** Log-probabilities of all tokens as the next one, [rows, vocabSize], from the states of `step`. */
  logprobs(states: Float64Array): Float64Array {
    const { width, vocabSize } = this.config;
    const rows = states.length / width;
    const logits = new Float64Array(rows * vocabSize);
    timesTransposed(states, rows, this.#weights.unembedding, width, vocabSize, logits);
    for (let row = 0; row < rows; row++) logSoftmax(logits.subarray(row * vocabSize, (row + 1) * vocabSize));
    return logits;
  }

  #embed(rows: readonly TokenRow[]): Float64Array {
    const { width } = this.config;
    const state = new Float64Array(rows.length * width);
    rows.forEach(({ token }, row) => {
      for (let i = 0; i < width; i++) state[row * width + i] = (this.#weights.embedding[token * width + i] ?? 0) / UNEMBEDDING_STD;
    });
    return state;
  }

  #rotate(vector: Float64Array, offset: number, heads: number, position: number): void {
    const { headWidth } = this.config;
    const half = headWidth / 2;
    for (let head = 0; head < heads; head++) {
      const at = offset + head * headWidth;
      for (let pair = 0; pair < half; pair++) {
        const cos = this.#cos[position * half + pair] ?? 0;
        const sin = this.#sin[position * half + pair] ?? 0;
        const first = vector[at + pair] ?? 0;
        const second = vector[at + half + pair] ?? 0;
        vector[at + pair] = first * cos - second * sin;
        vector[at + half + pair] = second * cos + first * sin;
      }
    }
  }

  /** Attention of one row over all positions up to its own. */
  #attend(queries: Float64Array, mixed: Float64Array, offset: number, cache: KvCache, layer: number, position: number): void {
    const { heads, kvHeads, headWidth } = this.config;
    const keyWidth = kvHeads * headWidth;
    const shares = new Float64Array(position + 1);
    const { shared, start } = cache;
    for (let head = 0; head < heads; head++) {
      const query = offset + head * headWidth;
      const inKey = Math.floor((head * kvHeads) / heads) * headWidth;
      if (shared !== undefined) score(queries, query, headWidth, shared.keys(layer), inKey, keyWidth, shares, 0, start);
      score(queries, query, headWidth, cache.keys(layer), inKey, keyWidth, shares, start, position + 1);
      softmax(shares);
      mixed.fill(0, query, query + headWidth);
      if (shared !== undefined) mix(mixed, query, headWidth, shared.values(layer), inKey, keyWidth, shares, 0, start);
      mix(mixed, query, headWidth, cache.values(layer), inKey, keyWidth, shares, start, position + 1);
    }
  }
}

/** Scaled products of a query with the keys of the positions `from` to `to`; `keys` begins at `from`. */
function score(
  queries: Float64Array, query: number, headWidth: number,
  keys: Float32Array, inKey: number, keyWidth: number,
  scores: Float64Array, from: number, to: number,
): void {
  const scale = 1 / Math.sqrt(headWidth);
  for (let position = from; position < to; position++) {
    const key = (position - from) * keyWidth + inKey;
    let sum = 0;
    for (let i = 0; i < headWidth; i++) sum += (queries[query + i] ?? 0) * (keys[key + i] ?? 0);
    scores[position] = sum * scale;
  }
}

/** Adds the values of the positions `from` to `to` by their shares; `values` begins at `from`. */
function mix(
  mixed: Float64Array, at: number, headWidth: number,
  values: Float32Array, inValue: number, valueWidth: number,
  shares: Float64Array, from: number, to: number,
): void {
  for (let position = from; position < to; position++) {
    const share = shares[position] ?? 0;
    const value = (position - from) * valueWidth + inValue;
    for (let i = 0; i < headWidth; i++) mixed[at + i] = (mixed[at + i] ?? 0) + share * (values[value + i] ?? 0);
  }
}

function rmsNorm(x: Float64Array, width: number, eps: number, normed: Float64Array): void {
  for (let at = 0; at < x.length; at += width) {
    let power = 0;
    for (let i = at; i < at + width; i++) power += (x[i] ?? 0) ** 2;
    const scale = 1 / Math.sqrt(power / width + eps);
    for (let i = at; i < at + width; i++) normed[i] = (x[i] ?? 0) * scale;
  }
}

function addTo(sum: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (terms[i] ?? 0);
}

function softmax(values: Float64Array): void {
  const shift = logSumExp(values);
  for (let i = 0; i < values.length; i++) values[i] = Math.exp((values[i] ?? 0) - shift);
}

function logSoftmax(values: Float64Array): void {
  const shift = logSumExp(values);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) - shift;
}

function logSumExp(values: Float64Array): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
