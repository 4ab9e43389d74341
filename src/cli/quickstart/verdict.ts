import type { Curve, Curves, Plan } from './curves.js';

/** How a curve compares with another, step by step. */
export interface Comparison {
  /** Steps that should be there. */
  readonly steps: number;
  /** Steps whose losses are the same floating-point number. */
  readonly equal: number;
  /** First step that differs or is missing. */
  readonly firstDifference: number | null;
  /** Largest absolute difference, in nats per token; 0 when no step differs. */
  readonly largestDifference: number;
}

/** What the quickstart has shown. */
export interface Verdict {
  /** Whether resuming continues the run exactly, and leaving the optimizer out does not. */
  readonly holds: boolean;
  /** One or two sentences for the user. */
  readonly text: string;
  readonly interrupted: Comparison;
  readonly resumed: Comparison;
  readonly weightsOnly: Comparison;
}

/** Compares `curve` with the part of `reference` from `firstStep` to `lastStep`, both included. */
export function compare(reference: Curve, curve: Curve, firstStep: number, lastStep: number): Comparison {
  const expected = new Map(reference.map(({ step, loss }) => [step, loss]));
  const measured = new Map(curve.map(({ step, loss }) => [step, loss]));
  const steps = Array.from({ length: lastStep - firstStep + 1 }, (_, index) => firstStep + index);
  // Two losses that are not numbers, or a loss that is missing, are no evidence of equality.
  const differing = steps.filter((step) => !measured.has(step) || expected.get(step) !== measured.get(step));
  const distances = differing.map((step) => Math.abs((expected.get(step) ?? NaN) - (measured.get(step) ?? NaN)));
  return {
    steps: steps.length,
    equal: steps.length - differing.length,
    firstDifference: differing[0] ?? null,
    largestDifference: distances.reduce((largest, distance) => Math.max(largest, distance), 0),
  };
}

/** Judges the four curves. */
export function judge(curves: Curves, plan: Plan): Verdict {
  const { uninterrupted } = curves;
  const afterSave = plan.saveAfter + 1;
  const comparisons = {
    interrupted: compare(uninterrupted, curves.interrupted, 1, plan.killAfter),
    resumed: compare(uninterrupted, curves.resumed, afterSave, plan.steps),
    weightsOnly: compare(uninterrupted, curves.weightsOnly, afterSave, plan.steps),
  };
  return { ...explain(comparisons), ...comparisons };
}

type Comparisons = Pick<Verdict, 'interrupted' | 'resumed' | 'weightsOnly'>;

function explain({ interrupted, resumed, weightsOnly }: Comparisons): Pick<Verdict, 'holds' | 'text'> {
  if (!isExact(interrupted)) {
    return {
      holds: false,
      text: 'Not shown: this server does not compute the same numbers twice. The run that was to be killed differs '
        + `from the uninterrupted one ${where(interrupted)}, before anything was saved or resumed from it.`,
    };
  }
  if (!isExact(resumed)) {
    return {
      holds: false,
      text: 'NOT equal: the curve resumed with the optimizer state differs from the uninterrupted one '
        + `${where(resumed)}. The checkpoint does not hold all that training needs.`,
    };
  }
  if (isExact(weightsOnly)) {
    return {
      holds: false,
      text: 'NOT shown: the weights-only curve equals the uninterrupted one too, so the optimizer state made no '
        + 'difference. Try more --steps or a higher --learning-rate.',
    };
  }
  return {
    holds: true,
    text: `The resumed curve equals the uninterrupted one number for number (all ${resumed.steps} steps). `
      + `The weights-only one does not (${extent(weightsOnly)}).`,
  };
}

function isExact(comparison: Comparison): boolean {
  return comparison.firstDifference === null;
}

function where(comparison: Comparison): string {
  return `from step ${comparison.firstDifference ?? '?'} on (${extent(comparison)})`;
}

function extent({ steps, equal, largestDifference }: Comparison): string {
  // Of a step that is missing nothing more can be said.
  const amount = Number.isNaN(largestDifference) ? '' : `, by up to ${Number(largestDifference.toPrecision(2))} nats`;
  return `${steps - equal} of ${steps} steps differ${amount}`;
}
