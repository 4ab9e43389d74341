/** The decoder once more, one sequence at a time in double precision and plain loops. */
import type { AdapterLayout, AdapterSlots } from '../../../src/server/engine/adapter-layout.js';
import type { DecoderConfig } from '../../../src/server/engine/base-models.js';
import type { BaseWeights } from '../../../src/server/engine/base-weights.js';
import type { TrainingDatum } from '../../../src/server/engine/engine.js';

type Vector = number[];

/** Log-probability of each target. */
export function referenceLogprobs(
  config: DecoderConfig, base: BaseWeights, layout: AdapterLayout, rank: number, adapter: readonly Float64Array[], datum: TrainingDatum,
): Vector {
  const { width, heads, kvHeads, headWidth, normEps } = config;
  const linear = (x: Vector, weight: ArrayLike<number>, outputs: number): Vector => {
    const y: Vector = [];
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += at(weight, o * x.length + i) * at(x, i);
      y.push(sum);
    }
    return y;
  };
  const project = (x: Vector, weight: Float32Array, slots: AdapterSlots | undefined): Vector => {
    const outputs = weight.length / x.length;
    const y = linear(x, weight, outputs);
    if (slots === undefined) return y;
    const inner = linear(x, adapter[slots.a] ?? [], rank);
    return add(y, linear(inner, adapter[slots.b] ?? [], outputs).map((value) => value * 32 / rank));
  };
  const norm = (x: Vector): Vector => {
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + normEps);
    return x.map((value) => value * scale);
  };
  const rotate = (x: Vector, position: number): Vector => {
    const half = headWidth / 2;
    return x.map((value, index) => {
      const head = index - index % headWidth;
      const pair = index % headWidth % half;
      const angle = position / config.ropeBase ** (pair / half);
      const first = at(x, head + pair);
      const second = at(x, head + half + pair);
      return index % headWidth < half
        ? value * Math.cos(angle) - second * Math.sin(angle)
        : value * Math.cos(angle) + first * Math.sin(angle);
    });
  };

  let states = [...datum.tokens].map((token) => (
    Array.from({ length: width }, (_, i) => at(base.embedding, token * width + i) / 0.02)
  ));
  base.layers.forEach((weights, layer) => {
    const slots = layout.layers[layer] ?? {};
    const normed = states.map(norm);
    const queries = normed.map((x, t) => rotate(project(x, weights.q_proj, slots.q_proj), t));
    const keys = normed.map((x, t) => rotate(project(x, weights.k_proj, slots.k_proj), t));
    const values = normed.map((x) => project(x, weights.v_proj, slots.v_proj));
    states = states.map((state, t) => {
      const mixed: Vector = [];
      for (let head = 0; head < heads; head++) {
        const shared = Math.floor(head / (heads / kvHeads)) * headWidth;
        const scores = keys.slice(0, t + 1).map((key) => {
          let sum = 0;
          for (let i = 0; i < headWidth; i++) sum += at(queries[t] ?? [], head * headWidth + i) * at(key, shared + i);
          return sum / Math.sqrt(headWidth);
        });
        const shares = scores.map((score) => Math.exp(score - logSumExp(scores)));
        for (let i = 0; i < headWidth; i++) {
          mixed.push(shares.reduce((sum, share, s) => sum + share * at(values[s] ?? [], shared + i), 0));
        }
      }
      return add(state, project(mixed, weights.o_proj, slots.o_proj));
    });
    states = states.map((state) => {
      const x = norm(state);
      const gate = project(x, weights.gate_proj, slots.gate_proj);
      const up = project(x, weights.up_proj, slots.up_proj);
      const gated = gate.map((value, i) => value / (1 + Math.exp(-value)) * at(up, i));
      return add(state, project(gated, weights.down_proj, slots.down_proj));
    });
  });
  return states.map((state, t) => {
    const logits = project(norm(state), base.unembedding, layout.unembedding);
    return at(logits, at(datum.targetTokens, t)) - logSumExp(logits);
  });
}

function logSumExp(values: Vector): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function add(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + at(b, i));
}

function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no entry ${index} of ${values.length}`);
  return value;
}
