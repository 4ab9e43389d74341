/** Getting numbers to and from the device. */
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import type { BatchInputs } from './decoder.js';
import type { ClipBounds, LossName } from './engine.js';
import { EngineError } from './engine-error.js';
import { positionTerm } from './losses.js';
import type { PositionTerm } from './losses.js';
import type { Microbatch } from './microbatches.js';
import type { LossInputs } from './passes.js';

/** Starts the WebAssembly device and makes it the default. */
export async function startDevice(): Promise<void> {
  // Without a name, init tries the browser's devices too and fails in Node.
  await init('wasm');
  defaultDevice('wasm');
}

/** What the forward pass reads of a microbatch; the pass consumes it. */
export function onDevice({ rows, length, tokens, targets }: Microbatch): BatchInputs {
  const shape = [rows, length];
  return { tokens: np.array(tokens, { shape }), targets: np.array(targets, { shape }) };
}

/** How the positions of a microbatch are weighed by a loss; the pass consumes it. */
export function lossOnDevice({ rows, length, weights, samplingLogprobs }: Microbatch, lossFn: LossName, clip: ClipBounds): LossInputs {
  const terms = Array.from(weights, (weight) => positionTerm(lossFn, clip, weight));
  const perPosition = (values: Float32Array<ArrayBuffer>): np.Array => np.array(values, { shape: [rows, length] });
  const term = (key: keyof PositionTerm): np.Array => perPosition(Float32Array.from(terms, (each) => each[key]));
  return {
    coefficient: term('coefficient'),
    samplingLogprobs: perPosition(samplingLogprobs),
    clipLow: term('clipLow'),
    clipHigh: term('clipHigh'),
    gateLow: term('gateLow'),
    gateHigh: term('gateHigh'),
  };
}

/** The values of a float32 device array, which is freed. */
export function floats(array: np.Array): Float32Array {
  const values: unknown = array.dataSync();
  if (!(values instanceof Float32Array)) throw new EngineError('server', 'The device returned an array that is not of 32-bit floats.');
  return values;
}
