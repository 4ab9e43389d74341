/**
 * The two jitted passes, and the frozen weights on the device.
 *
 * Compilation is by far the most expensive thing the engine does (about a second per shape), so one
 * function serves every model with the same base model, rank and adapted modules; it keeps each
 * batch shape it has seen. The frozen weights are shared the same way.
 */
import { jit, lax, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { AdapterLayout } from './adapter-layout.js';
import type { DecoderConfig } from './base-models.js';
import { makeBaseWeights } from './base-weights.js';
import type { BaseWeights, LayerProjection } from './base-weights.js';
import { projectionShape } from './base-weights.js';
import { targetLogprobs } from './decoder.js';
import type { BatchInputs, FrozenInputs } from './decoder.js';
import type { LoraSettings } from './engine.js';

type Tensor = np.Array;

/** How a loss weighs each position, see `losses.ts`; all are [rows, length]. */
export type LossInputs = {
  readonly coefficient: Tensor;
  readonly samplingLogprobs: Tensor;
  readonly clipLow: Tensor;
  readonly clipHigh: Tensor;
  readonly gateLow: Tensor;
  readonly gateHigh: Tensor;
};

/** The passes for one base model, rank and choice of adapted modules; both consume their arguments. */
export interface Passes {
  /** Log-probabilities of the targets, [rows, length]. */
  readonly forward: (adapter: Tensor[], frozen: FrozenInputs, batch: BatchInputs) => Tensor;
  /** Log-probabilities, and the gradient of the summed loss for each adapter tensor. */
  readonly forwardBackward: (
    adapter: Tensor[],
    frozen: FrozenInputs,
    batch: BatchInputs,
    loss: LossInputs,
  ) => { logprobs: Tensor; gradients: Tensor[] };
}

/** Compiled passes and frozen weights, shared by all models of one engine. */
export class PassCache {
  readonly #passes = new Map<string, Passes>();
  readonly #bases = new Map<string, BaseOnDevice>();

  /** The passes for these settings; compiled per batch shape at first use. */
  passes(config: DecoderConfig, layout: AdapterLayout, lora: LoraSettings): Passes {
    const key = [config.name, lora.rank, lora.trainAttn, lora.trainMlp, lora.trainUnembed].join('|');
    let found = this.#passes.get(key);
    if (found === undefined) {
      found = makePasses(config, layout, lora.rank);
      this.#passes.set(key, found);
    }
    return found;
  }

  /** The frozen weights of a base model, made at first use and kept. */
  base(config: DecoderConfig): BaseOnDevice {
    let found = this.#bases.get(config.name);
    if (found === undefined) {
      found = new BaseOnDevice(config);
      this.#bases.set(config.name, found);
    }
    return found;
  }
}

/** The frozen weights of one base model, in plain arrays and as device arrays. */
export class BaseOnDevice {
  readonly weights: BaseWeights;
  readonly #config: DecoderConfig;
  readonly #embedding: Tensor;
  readonly #unembedding: Tensor;
  readonly #layers: readonly Readonly<Record<LayerProjection, Tensor>>[];
  readonly #rope = new Map<number, { cos: Tensor; sin: Tensor }>();

  constructor(config: DecoderConfig) {
    this.#config = config;
    this.weights = makeBaseWeights(config);
    const table: [number, number] = [config.vocabSize, config.width];
    this.#embedding = np.array(this.weights.embedding, { shape: table });
    this.#unembedding = config.tiedUnembedding ? this.#embedding : np.array(this.weights.unembedding, { shape: table });
    this.#layers = this.weights.layers.map((layer) => forEachProjection((projection) => {
      const { outputs, inputs } = projectionShape(config, projection);
      return np.array(layer[projection], { shape: [outputs, inputs] });
    }));
  }

  /** Arguments for one call of a pass at this sequence length; the call consumes them. */
  inputs(length: number): FrozenInputs {
    let rope = this.#rope.get(length);
    if (rope === undefined) {
      rope = ropeTables(this.#config, length);
      this.#rope.set(length, rope);
    }
    return {
      embedding: this.#embedding.ref,
      unembedding: this.#unembedding.ref,
      layers: this.#layers.map((layer) => forEachProjection((projection) => layer[projection].ref)),
      cos: rope.cos.ref,
      sin: rope.sin.ref,
    };
  }
}

function makePasses(config: DecoderConfig, layout: AdapterLayout, rank: number): Passes {
  const surrogate = (adapter: Tensor[], frozen: FrozenInputs, { tokens, targets }: BatchInputs, loss: LossInputs): [Tensor, Tensor] => {
    const logprobs = targetLogprobs(config, layout, rank, adapter, frozen, tokens, targets);
    const weights = positionWeights(lax.stopGradient(logprobs.ref), loss);
    return [logprobs.ref.mul(weights).sum().mul(-1), logprobs];
  };
  const gradient = jit(valueAndGrad(surrogate, { argnums: 0, hasAux: true }));
  const forward = jit((adapter: Tensor[], frozen: FrozenInputs, { tokens, targets }: BatchInputs) => (
    targetLogprobs(config, layout, rank, adapter, frozen, tokens, targets)
  ));
  return {
    forward,
    forwardBackward: (adapter, frozen, batch, loss) => {
      const [[total, logprobs], gradients] = gradient(adapter, frozen, batch, loss);
      total.dispose();
      return { logprobs, gradients };
    },
  };
}

/** What each position's gradient is multiplied by. Consumes its arguments. */
function positionWeights(logprobs: Tensor, { coefficient, samplingLogprobs, clipLow, clipHigh, gateLow, gateHigh }: LossInputs): Tensor {
  const ratio = np.exp(logprobs.sub(samplingLogprobs));
  const inside = ratio.ref.greaterEqual(gateLow).mul(ratio.ref.lessEqual(gateHigh));
  const weights = coefficient.mul(np.minimum(np.maximum(ratio, clipLow), clipHigh));
  return np.where(inside, weights, 0);
}

function forEachProjection<T>(make: (projection: LayerProjection) => T): Record<LayerProjection, T> {
  return {
    q_proj: make('q_proj'),
    k_proj: make('k_proj'),
    v_proj: make('v_proj'),
    o_proj: make('o_proj'),
    gate_proj: make('gate_proj'),
    up_proj: make('up_proj'),
    down_proj: make('down_proj'),
  };
}

function ropeTables(config: DecoderConfig, length: number): { cos: Tensor; sin: Tensor } {
  const half = config.headWidth / 2;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position / config.ropeBase ** (pair / half);
      cos[position * half + pair] = Math.cos(angle);
      sin[position * half + pair] = Math.sin(angle);
    }
  }
  return { cos: np.array(cos, { shape: [length, half] }), sin: np.array(sin, { shape: [length, half] }) };
}
