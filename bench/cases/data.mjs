/** The data of the cases: the same numbers in every client, so that bodies and results have the same size. */
import { work } from './work.mjs';

/** @param {number} at @param {number} seed */
function token(at, seed) {
  return (at * 7919 + seed * 104729 + 17) % work.vocabulary;
}

/** @param {number} count @param {number} seed */
export function tokens(count, seed) {
  return Array.from({ length: count }, (_, at) => token(at, seed));
}

/** @param {number} count @param {number} seed */
export function typedTokens(count, seed) {
  return Int32Array.from({ length: count }, (_, at) => token(at, seed));
}

/** @param {number} count */
export function weights(count) {
  return Array.from({ length: count }, (_, at) => (at % 4 === 0 ? 0 : 1));
}

/** @param {number} count */
export function typedWeights(count) {
  return Float32Array.from(weights(count));
}
