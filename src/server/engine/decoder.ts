/**
 * The decoder as a jax function: RMSNorm, rotary positions, grouped-query attention, SwiGLU, and a
 * LoRA adapter on each projection that has one.
 *
 * In jax-js a function owns its arguments: using a value a second time needs `.ref`. Every value
 * below is therefore consumed exactly once, and `.ref` marks each use before the last.
 */
import { nn, numpy as np } from '@jax-js/jax';
import type { AdapterLayout, AdapterSlots } from './adapter-layout.js';
import { LORA_ALPHA } from './adapter-layout.js';
import type { DecoderConfig } from './base-models.js';
import { UNEMBEDDING_STD } from './base-weights.js';
import type { LayerProjection } from './base-weights.js';

type Tensor = np.Array;

/** Large enough that a masked position's probability is exactly zero, small enough to stay finite. */
const MASKED = -1e30;

/** Smallest argument of the sigmoid; its value there is below 1e-34. */
const SIGMOID_FLOOR = -80;

/** The frozen inputs of the decoder. */
export type FrozenInputs = {
  readonly embedding: Tensor;
  readonly unembedding: Tensor;
  readonly layers: readonly Readonly<Record<LayerProjection, Tensor>>[];
  /** Cosine and sine tables, [length, headWidth / 2]. */
  readonly cos: Tensor;
  readonly sin: Tensor;
};

/** One microbatch; both are int32, [rows, length]. */
export type BatchInputs = {
  readonly tokens: Tensor;
  readonly targets: Tensor;
};

/** Log-probabilities of the targets, [rows, length]. Consumes adapter, frozen, tokens and targets. */
export function targetLogprobs(
  config: DecoderConfig,
  layout: AdapterLayout,
  rank: number,
  adapter: readonly Tensor[],
  frozen: FrozenInputs,
  tokens: Tensor,
  targets: Tensor,
): Tensor {
  const [rows = 0, length = 0] = tokens.shape;
  const loraScale = LORA_ALPHA / rank;
  const take = (slot: number): Tensor => {
    const found = adapter[slot];
    if (found === undefined) throw new RangeError(`adapter tensor ${slot} is missing`);
    return found;
  };
  const project = (x: Tensor, weight: Tensor, slots: AdapterSlots | undefined): Tensor => {
    if (slots === undefined) return timesTransposed(x, weight);
    const update = timesTransposed(timesTransposed(x.ref, take(slots.a)), take(slots.b));
    return timesTransposed(x, weight).add(update.mul(loraScale));
  };
  const { heads, kvHeads, headWidth } = config;
  const group = heads / kvHeads;

  const rotate = (x: Tensor): Tensor => {
    const half = headWidth / 2;
    const first = x.ref.slice([], [], [], [0, half]);
    const second = x.slice([], [], [], [half, headWidth]);
    const turned = first.ref.mul(frozen.cos.ref).sub(second.ref.mul(frozen.sin.ref));
    return np.concatenate([turned, second.mul(frozen.cos.ref).add(first.mul(frozen.sin.ref))], 3);
  };
  const split = (x: Tensor, count: number): Tensor => (
    x.reshape([rows, length, count, headWidth]).transpose([0, 2, 1, 3])
  );
  const attend = (x: Tensor, weights: Readonly<Record<LayerProjection, Tensor>>, slots: AdapterLayout['layers'][number]): Tensor => {
    const q = rotate(split(project(x.ref, weights.q_proj, slots.q_proj), heads));
    const k = rotate(split(project(x.ref, weights.k_proj, slots.k_proj), kvHeads));
    const v = split(project(x, weights.v_proj, slots.v_proj), kvHeads);
    // Query heads that share a key head lie side by side, so one batched product serves a group.
    const grouped = q.reshape([rows, kvHeads, group * length, headWidth]);
    const scores = np.matmul(grouped, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(headWidth))
      .reshape([rows, kvHeads, group, length, length]);
    const masked = np.where(np.tri(length, length, 0, { dtype: np.bool }), scores, MASKED);
    const mixed = np.matmul(nn.softmax(masked, -1).reshape([rows, kvHeads, group * length, length]), v)
      .reshape([rows, heads, length, headWidth]).transpose([0, 2, 1, 3]).reshape([rows * length, heads * headWidth]);
    return project(mixed, weights.o_proj, slots.o_proj);
  };
  const feed = (x: Tensor, weights: Readonly<Record<LayerProjection, Tensor>>, slots: AdapterLayout['layers'][number]): Tensor => {
    const gate = silu(project(x.ref, weights.gate_proj, slots.gate_proj));
    return project(gate.mul(project(x, weights.up_proj, slots.up_proj)), weights.down_proj, slots.down_proj);
  };

  // The table is scaled for its use as unembedding; as an embedding it should have unit variance.
  let state = np.take(frozen.embedding, tokens.reshape([rows * length]), 0).mul(1 / UNEMBEDDING_STD);
  frozen.layers.forEach((weights, layer) => {
    const slots = layout.layers[layer] ?? {};
    state = state.ref.add(attend(rmsNorm(state, config.normEps), weights, slots));
    state = state.ref.add(feed(rmsNorm(state, config.normEps), weights, slots));
  });
  frozen.cos.dispose();
  frozen.sin.dispose();
  const logits = project(rmsNorm(state, config.normEps), frozen.unembedding, layout.unembedding);
  const chosen = nn.oneHot(targets.reshape([rows * length]), config.vocabSize);
  return nn.logSoftmax(logits, -1).mul(chosen).sum(-1).reshape([rows, length]);
}

/** x · wᵀ for x [n, inputs] and w [outputs, inputs]. */
function timesTransposed(x: Tensor, w: Tensor): Tensor {
  return np.matmul(x, w.transpose());
}

/**
 * x · sigmoid(x). The library's own has a gradient that is not a number below about -88, where its
 * exponential overflows; the true value is zero to within single precision long before.
 */
function silu(x: Tensor): Tensor {
  return x.ref.mul(nn.sigmoid(np.maximum(x, SIGMOID_FLOOR)));
}

function rmsNorm(x: Tensor, eps: number): Tensor {
  const power = np.square(x.ref).mean(-1, { keepdims: true }).add(eps);
  return x.mul(np.reciprocal(np.sqrt(power)));
}
