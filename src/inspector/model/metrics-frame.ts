import type { MetricPoint } from './metrics-series.js';

/** From one step to another, both included. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/** Columns as uPlot takes them: steps, then values of each curve. `null` is a gap, `undefined` no point of that curve. */
export type Frame = [number[], ...(number | null | undefined)[][]];

/** Puts curves upon common steps. */
export function frameOf(curves: readonly (readonly MetricPoint[])[]): Frame {
  const steps = [...new Set(curves.flatMap((points) => points.map(({ step }) => step)))].sort((one, other) => one - other);
  return [
    steps,
    ...curves.map((points) => {
      const values = new Map(points.map(({ step, value }) => [step, value ?? null]));
      return steps.map((step) => values.get(step));
    }),
  ];
}

/** The points within a range, and one more at either side, so that lines go on to the edge. */
export function pointsWithin(points: readonly MetricPoint[], range: StepRange | undefined): readonly MetricPoint[] {
  if (range === undefined) return points;
  const first = points.findIndex(({ step }) => step >= range.from);
  const last = points.findLastIndex(({ step }) => step <= range.to);
  return first === -1 ? points.slice(-1) : points.slice(Math.max(0, first - 1), last + 2);
}

/** The range of all steps; at least one step wide. */
export function wholeRange(curves: readonly (readonly MetricPoint[])[]): StepRange {
  const firsts = curves.flatMap((points) => points.slice(0, 1)).map(({ step }) => step);
  const lasts = curves.flatMap((points) => points.slice(-1)).map(({ step }) => step);
  const [from, to] = [Math.min(...firsts, Infinity), Math.max(...lasts, -Infinity)];
  if (from > to) return { from: 0, to: 1 };
  return from === to ? { from: from - 1, to: to + 1 } : { from, to };
}
