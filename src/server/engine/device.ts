/** Getting numbers to and from the device. */
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import type { BatchInputs } from './decoder.js';
import { EngineError } from './engine-error.js';
import type { Microbatch } from './microbatches.js';

/** Starts the WebAssembly device and makes it the default. */
export async function startDevice(): Promise<void> {
  // Without a name, init tries the browser's devices too and fails in Node.
  await init('wasm');
  defaultDevice('wasm');
}

/** A microbatch as the arguments of a pass, which consumes them. */
export function onDevice({ rows, length, tokens, targets, weights }: Microbatch): BatchInputs {
  const shape = [rows, length];
  return {
    tokens: np.array(tokens, { shape }),
    targets: np.array(targets, { shape }),
    weights: np.array(weights, { shape }),
  };
}

/** The values of a float32 device array, which is freed. */
export function floats(array: np.Array): Float32Array {
  const values: unknown = array.dataSync();
  if (!(values instanceof Float32Array)) throw new EngineError('server', 'The device returned an array that is not of 32-bit floats.');
  return values;
}
