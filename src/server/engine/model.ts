/**
 * The state of one model in plain arrays: adapter, accumulated gradients, Adam moments, step.
 *
 * The plain arrays are the truth; the copies on the device are made from them when a pass needs
 * them and dropped whenever the adapter changes. A continued run therefore depends on nothing that
 * is not in a checkpoint.
 */
import { numpy as np } from '@jax-js/jax';
import type { MomentTensors, TrainingState } from '../checkpoints/training-state.js';
import { adapterLayout, initialAdapter, LORA_ALPHA } from './adapter-layout.js';
import type { AdapterLayout } from './adapter-layout.js';
import { applyAdamW, globalNorm } from './adamw.js';
import type { DecoderConfig } from './base-models.js';
import type { AdamSettings, LoraSettings, OptimStepResult } from './engine.js';
import { userError } from './engine-error.js';

type Values = Float32Array<ArrayBuffer>;

/** A model being trained. */
export class Model {
  readonly config: DecoderConfig;
  readonly lora: LoraSettings;
  readonly layout: AdapterLayout;
  #adapter: Values[];
  #firstMoments: Values[];
  #secondMoments: Values[];
  #gradients: Float32Array[] | undefined;
  #step = 0;
  #onDevice: np.Array[] | undefined;

  constructor(config: DecoderConfig, lora: LoraSettings) {
    this.config = config;
    this.lora = lora;
    this.layout = adapterLayout(config, lora);
    this.#adapter = initialAdapter(this.layout, lora.seed);
    this.#firstMoments = this.#zeros();
    this.#secondMoments = this.#zeros();
  }

  /** Optimizer steps taken. */
  get step(): number {
    return this.#step;
  }

  /** Adapter values in the order of the layout; not to be changed. */
  get adapter(): readonly Values[] {
    return this.#adapter;
  }

  /** The adapter as arguments of one pass, which consumes them. */
  deviceAdapter(): np.Array[] {
    this.#onDevice ??= this.layout.tensors.map(({ shape }, index) => (
      np.array(this.#adapter[index] ?? new Float32Array(), { shape: [...shape] })
    ));
    return this.#onDevice.map((tensor) => tensor.ref);
  }

  /** Adds the gradient of one call to what is accumulated; the arrays become the model's own. */
  accumulate(gradients: Float32Array[]): void {
    if (this.#gradients === undefined) this.#gradients = gradients;
    else addInto(this.#gradients, gradients);
  }

  /** Applies the accumulated gradient and clears it. */
  optimStep(adam: AdamSettings): OptimStepResult {
    const gradients = this.#gradients;
    const gradNorm = gradients === undefined ? 0 : globalNorm(gradients);
    if (!Number.isFinite(gradNorm)) {
      this.#gradients = undefined;
      throw userError(
        'The accumulated gradient is not finite, so no step was taken and the gradient was cleared. Load an earlier checkpoint, or use a lower learning rate or smaller weights.',
      );
    }
    this.#step += 1;
    const state = { parameters: this.#adapter, firstMoments: this.#firstMoments, secondMoments: this.#secondMoments };
    applyAdamW(state, gradients, gradNorm, this.#step, adam);
    this.#gradients = undefined;
    this.#dropDeviceCopies();
    return { gradNorm, step: this.#step };
  }

  /** The state to be saved; shares memory with the model, so it must be written before the next step. */
  trainingState(): TrainingState {
    const { config, lora, layout } = this;
    return {
      baseModel: config.name,
      lora,
      loraAlpha: LORA_ALPHA,
      targetModules: layout.targetModules,
      step: this.#step,
      adapter: layout.tensors.map(({ name, shape }, index) => ({ name, shape, values: this.#adapter[index] ?? new Float32Array() })),
      moments: layout.tensors.map((_, index) => ({
        first: this.#firstMoments[index] ?? new Float32Array(),
        second: this.#secondMoments[index] ?? new Float32Array(),
      })),
    };
  }

  /** Replaces the adapter, and the optimizer state by the one given or a fresh one; clears gradients. */
  restore(adapter: readonly Values[], optimizer: { moments: readonly MomentTensors[]; step: number } | undefined): void {
    this.#adapter = [...adapter];
    this.#firstMoments = optimizer === undefined ? this.#zeros() : optimizer.moments.map(({ first }) => first);
    this.#secondMoments = optimizer === undefined ? this.#zeros() : optimizer.moments.map(({ second }) => second);
    this.#step = optimizer?.step ?? 0;
    this.#gradients = undefined;
    this.#dropDeviceCopies();
  }

  /** Frees what the model holds on the device. */
  dispose(): void {
    this.#dropDeviceCopies();
  }

  #zeros(): Values[] {
    return this.layout.tensors.map(({ size }) => new Float32Array(size));
  }

  #dropDeviceCopies(): void {
    this.#onDevice?.forEach((tensor) => { tensor.dispose(); });
    this.#onDevice = undefined;
  }
}

/** Adds each array of the second list to the array of the same index in the first. */
export function addInto(sums: readonly Float32Array[], terms: readonly Float32Array[]): void {
  sums.forEach((sum, index) => {
    const term = terms[index];
    if (term === undefined) return;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (term[i] ?? 0);
  });
}
