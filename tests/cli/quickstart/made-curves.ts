import { planFor, type Curve, type Curves, type Plan } from '../../../src/cli/quickstart/curves.js';

export const plan: Plan = planFor(20);

/** A falling curve from one step to another. */
export function falling(firstStep: number, lastStep: number, raise = 0): Curve {
  return Array.from({ length: lastStep - firstStep + 1 }, (_, index) => {
    const step = firstStep + index;
    return { step, loss: 2 + 3 / step + raise };
  });
}

/** Curves as they should be: the resumed one on the uninterrupted one, the weights-only one above it. */
export const curves: Curves = {
  uninterrupted: falling(1, 20),
  interrupted: falling(1, 12),
  resumed: falling(11, 20),
  weightsOnly: [...falling(11, 11), ...falling(12, 20, 0.25)],
};
