/**
 * The losses of the engine (wire protocol §9.4).
 *
 * Every one of them has the gradient of a weighted sum of log-probabilities, Σ −w·∇p, in which the
 * weight may itself depend on p. One device function therefore serves them all: it is given, per
 * position, a coefficient, the log-probability q under the policy that sampled, and bounds for the
 * ratio r = e^(p − q), and computes w = coefficient · clip(r), or 0 where the ratio is outside its
 * gate. With both bounds at 1 the weight is the coefficient itself, which is cross-entropy.
 */
import type { ClipBounds, LossName, TrainingDatum } from './engine.js';

/** The losses on offer, in the order in which errors list them. */
export const LOSS_NAMES: readonly LossName[] = ['cross_entropy', 'importance_sampling', 'ppo', 'cispo'];

/** Bounds of the ratio where the caller gives none; a loss without an entry takes none. */
export const DEFAULT_CLIP: Readonly<Partial<Record<LossName, ClipBounds>>> = {
  ppo: { low: 0.8, high: 1.2 },
  cispo: { low: 0, high: 4 },
};

/** Stands for no upper bound: an infinity times a coefficient of 0 would be no number. */
const UNBOUNDED = 3e38;

/** What the weight of one position depends on, apart from its log-probability. */
export interface PositionTerm {
  coefficient: number;
  /** The ratio is raised and lowered to lie between these. */
  clipLow: number;
  clipHigh: number;
  /** The weight is 0 when the ratio lies outside of these. */
  gateLow: number;
  gateHigh: number;
}

/** Fills in how the device weighs one position; `coefficient` is the datum's weight or advantage there. */
export function positionTerm(lossFn: LossName, clip: ClipBounds, coefficient: number): PositionTerm {
  const free = { coefficient, clipLow: 0, clipHigh: UNBOUNDED, gateLow: 0, gateHigh: UNBOUNDED };
  switch (lossFn) {
    case 'cross_entropy':
      return { ...free, clipLow: 1, clipHigh: 1 };
    case 'importance_sampling':
      return free;
    case 'ppo':
      // The smaller of the two terms is the clipped one, which has no gradient, on one side only.
      return coefficient >= 0 ? { ...free, gateHigh: clip.high } : { ...free, gateLow: clip.low };
    case 'cispo':
      return { ...free, clipLow: clip.low, clipHigh: clip.high };
  }
}

/** Loss of one position whose target has log-probability p. */
export function positionLoss(lossFn: LossName, clip: ClipBounds, coefficient: number, p: number, q: number): number {
  // A coefficient of 0 switches a position off, whatever its ratio, as on the device.
  if (coefficient === 0) return 0;
  const ratio = Math.exp(p - q);
  const clipped = Math.min(Math.max(ratio, clip.low), clip.high);
  switch (lossFn) {
    case 'cross_entropy':
      return -coefficient * p;
    case 'importance_sampling':
      return -ratio * coefficient;
    case 'ppo':
      return -Math.min(ratio * coefficient, clipped * coefficient);
    case 'cispo':
      return -clipped * p * coefficient;
  }
}

/** The loss of a call: a sum over all positions of all datums, never a mean. */
export function lossSum(lossFn: LossName, clip: ClipBounds, data: readonly TrainingDatum[], logprobs: readonly Float32Array[]): number {
  let sum = 0;
  logprobs.forEach((values, index) => {
    const datum = data[index];
    values.forEach((p, t) => {
      sum += positionLoss(lossFn, clip, datum?.weights[t] ?? 0, p, datum?.samplingLogprobs?.[t] ?? 0);
    });
  });
  return sum;
}
