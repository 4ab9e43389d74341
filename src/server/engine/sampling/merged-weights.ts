/** Putting an adapter into the weights it adapts: W + (α / rank) · B · A, so that sampling costs what the base model costs. */
import type { AdapterLayout, AdapterSlots } from '../adapter-layout.js';
import { LORA_ALPHA } from '../adapter-layout.js';
import type { BaseWeights, LayerProjection } from '../base-weights.js';

type Values = Float32Array<ArrayBuffer>;

/**
 * The weights of a base model with an adapter in them. Nothing given is changed; projections
 * without an adapter are shared with the base.
 */
export function mergeAdapter(base: BaseWeights, layout: AdapterLayout, rank: number, adapter: readonly Values[]): BaseWeights {
  const merge = (weights: Values, slots: AdapterSlots | undefined): Values => {
    const a = slots === undefined ? undefined : adapter[slots.a];
    const b = slots === undefined ? undefined : adapter[slots.b];
    return a === undefined || b === undefined ? weights : merged(weights, rank, a, b);
  };
  return {
    embedding: base.embedding,
    unembedding: merge(base.unembedding, layout.unembedding),
    layers: base.layers.map((layer, index) => {
      const slots = layout.layers[index] ?? {};
      const of = (projection: LayerProjection): Values => merge(layer[projection], slots[projection]);
      return {
        q_proj: of('q_proj'),
        k_proj: of('k_proj'),
        v_proj: of('v_proj'),
        o_proj: of('o_proj'),
        gate_proj: of('gate_proj'),
        up_proj: of('up_proj'),
        down_proj: of('down_proj'),
      };
    }),
  };
}

/** How much memory weights take beyond those of the base model they were made of, in bytes. */
export function ownBytes(weights: BaseWeights, base: BaseWeights): number {
  const tensors = (set: BaseWeights): Values[] => [set.unembedding, ...set.layers.flatMap((layer) => Object.values(layer))];
  const shared = new Set(tensors(base));
  return tensors(weights).reduce((sum, values) => (shared.has(values) ? sum : sum + values.byteLength), 0);
}

/** W [outputs, inputs] + scale · B [outputs, rank] · A [rank, inputs]. */
function merged(weights: Values, rank: number, a: Values, b: Values): Values {
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  const scale = LORA_ALPHA / rank;
  const result = new Float32Array(weights.length);
  const update = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    update.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = (b[o * rank + r] ?? 0) * scale;
      if (factor === 0) continue;
      const a0 = r * inputs;
      for (let i = 0; i < inputs; i++) update[i] = (update[i] ?? 0) + factor * (a[a0 + i] ?? 0);
    }
    const w0 = o * inputs;
    for (let i = 0; i < inputs; i++) result[w0 + i] = (weights[w0 + i] ?? 0) + (update[i] ?? 0);
  }
  return result;
}
