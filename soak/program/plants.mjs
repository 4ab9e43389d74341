/**
 * Leaks to be planted for every operation: a soak that does not notice them would prove nothing.
 */

/** @typedef {'actor' | 'listener' | 'timer' | 'bytes'} PlantName */

export const plantNames = /** @type {const} */ (['actor', 'listener', 'timer', 'bytes']);

const numbersIn200Bytes = 22;

/**
 * @param {PlantName} name
 * @param {{ signal: AbortSignal, clock: { setTimeout(run: () => void, ms: number): unknown }, spawn: () => void }} ground
 * @returns {() => void}
 */
export function plant(name, { signal, clock, spawn }) {
  /** @type {unknown[]} */
  const kept = [];
  switch (name) {
    case 'actor':
      return spawn;
    case 'listener':
      return () => {
        signal.addEventListener('abort', () => kept.length);
      };
    case 'timer':
      return () => {
        clock.setTimeout(() => kept.length, 7 * 86_400_000);
      };
    case 'bytes':
      return () => {
        // With the header of an array, and its place among the others.
        kept.push(new Array(numbersIn200Bytes).fill(0.5));
      };
  }
}
