/**
 * AdamW with decoupled weight decay, bias correction and clipping by the global norm
 * (wire protocol §2.4 and §9.4).
 *
 * It runs in plain arrays: sums in double precision in a fixed order, state in single precision, so
 * that the numbers in a checkpoint are all there is to continue from.
 */
import type { AdamSettings } from './engine.js';

/** Parameters and their optimizer state; the arrays of one index belong to one tensor. */
export interface AdamState {
  readonly parameters: readonly Float32Array[];
  readonly firstMoments: readonly Float32Array[];
  readonly secondMoments: readonly Float32Array[];
}

/** Euclidean norm over all entries of all tensors. */
export function globalNorm(gradients: readonly Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (const value of gradient) sum += value * value;
  }
  return Math.sqrt(sum);
}

/**
 * Changes parameters and moments in place.
 *
 * @param gradients one array per tensor; undefined counts as all zero
 * @param norm their global norm
 * @param step number of this step, starting at 1
 */
export function applyAdamW(
  state: AdamState,
  gradients: readonly Float32Array[] | undefined,
  norm: number,
  step: number,
  adam: AdamSettings,
): void {
  const { learningRate, beta1, beta2, eps, weightDecay, gradClipNorm } = adam;
  const clip = gradClipNorm > 0 && norm > gradClipNorm ? gradClipNorm / norm : 1;
  const firstCorrection = 1 - beta1 ** step;
  const secondCorrection = 1 - beta2 ** step;
  state.parameters.forEach((parameter, index) => {
    const first = state.firstMoments[index];
    const second = state.secondMoments[index];
    const gradient = gradients?.[index];
    if (first === undefined || second === undefined) return;
    for (let i = 0; i < parameter.length; i++) {
      const g = gradient === undefined ? 0 : (gradient[i] ?? 0) * clip;
      const m = Math.fround(beta1 * (first[i] ?? 0) + (1 - beta1) * g);
      const v = Math.fround(beta2 * (second[i] ?? 0) + (1 - beta2) * g * g);
      first[i] = m;
      second[i] = v;
      const direction = m / firstCorrection / (Math.sqrt(v / secondCorrection) + eps);
      const old = parameter[i] ?? 0;
      parameter[i] = old - learningRate * (direction + weightDecay * old);
    }
  });
}
