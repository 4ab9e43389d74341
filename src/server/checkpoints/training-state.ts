import type { LoraSettings } from '../engine/engine.js';

/** A tensor of 32-bit floats, row by row. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Both Adam moments of one adapter tensor. */
export interface MomentTensors {
  readonly first: Float32Array<ArrayBuffer>;
  readonly second: Float32Array<ArrayBuffer>;
}

/** Everything about a model that training changes, and what is needed to make the model again. */
export interface TrainingState {
  readonly baseModel: string;
  readonly lora: LoraSettings;
  readonly loraAlpha: number;
  /** Names of the adapted modules. */
  readonly targetModules: readonly string[];
  /** Optimizer steps taken. */
  readonly step: number;
  readonly adapter: readonly NamedTensor[];
  /** One entry per adapter tensor, in the same order. */
  readonly moments: readonly MomentTensors[];
}
