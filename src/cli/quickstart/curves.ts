/** Loss of one training step, measured before that step's optimizer update. */
export interface LossPoint {
  /** Optimizer step, counted from 1. */
  readonly step: number;
  /** Mean cross-entropy, in nats per token. */
  readonly loss: number;
}

/** Losses in order of their steps. */
export type Curve = readonly LossPoint[];

/** The four runs that the quickstart trains. */
export interface Curves {
  /** From nothing to the last step, never stopped. */
  readonly uninterrupted: Curve;
  /** The same program, until it was killed. */
  readonly interrupted: Curve;
  /** From the checkpoint to the last step, with the optimizer's state. */
  readonly resumed: Curve;
  /** From the checkpoint to the last step, with a fresh optimizer. */
  readonly weightsOnly: Curve;
}

/** Which step does what. */
export interface Plan {
  /** Steps of a whole run. */
  readonly steps: number;
  /** The checkpoint is saved after this step. */
  readonly saveAfter: number;
  /** The kill comes once this step is reported: the steps after the save are lost. */
  readonly killAfter: number;
}

/**
 * Fewest steps that show something: after the save, one step that must be equal, one that shows
 * the difference, and room for steps that are lost in between.
 */
export const fewestSteps = 6;

/** Saves half-way, and lets a tenth of the run go to waste before the kill. */
export function planFor(steps: number): Plan {
  const saveAfter = Math.floor(steps / 2);
  const lost = Math.max(1, Math.round(steps / 10));
  return { steps, saveAfter, killAfter: saveAfter + lost };
}
