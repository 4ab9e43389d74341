import type { MachineChart } from '../../../inspection/records.js';
import type { ChartDrawing } from '../../model/chart-drawing.js';
import type { Measure } from '../../model/chart-labels.js';
import { layoutChart, type LayoutManner } from './chart-layout.js';

const shapes: readonly Pick<LayoutManner, 'direction' | 'widestLabel' | 'spacing'>[] = [
  { direction: 'TB', widestLabel: 180, spacing: 'wide' },
  { direction: 'TB', widestLabel: 120, spacing: 'wide' },
  { direction: 'TB', widestLabel: 90, spacing: 'close' },
  { direction: 'TB', widestLabel: 60, spacing: 'narrow' },
  { direction: 'LR', widestLabel: 130, spacing: 'wide' },
  { direction: 'LR', widestLabel: 90, spacing: 'wide' },
  { direction: 'LR', widestLabel: 90, spacing: 'close' },
  { direction: 'LR', widestLabel: 60, spacing: 'narrow' },
];

/** All ways in which a chart may be drawn: which one fits best depends on the chart. */
function manners(chart: MachineChart): readonly LayoutManner[] {
  const regions = chart.states.some(({ type }) => type === 'parallel') ? (['beside', 'below'] as const) : (['beside'] as const);
  return shapes.flatMap((shape) => regions.flatMap((lie) => (['walk', 'few'] as const).map((back) => ({ ...shape, regions: lie, back }))));
}

/** Texts are 12 units high, and legible from 11 pixels on. */
const smallest = 0.92;

interface Candidate {
  readonly drawing: ChartDrawing;
  readonly direction: LayoutManner['direction'];
}

const candidates = new WeakMap<MachineChart, readonly Candidate[]>();

/** The drawing of a chart that suits a width best; the same one for as long as chart and width stay the same. */
export function chosenDrawing(chart: MachineChart, width: number, measure: Measure): ChartDrawing | undefined {
  const known = candidates.get(chart) ?? manners(chart).map((manner) => ({ drawing: layoutChart(chart, manner, measure), direction: manner.direction }));
  candidates.set(chart, known);
  const sorted = known.toSorted((one, other) => cost(one, width) - cost(other, width));
  return sorted[0]?.drawing;
}

/** How much smaller than its own size a drawing is shown: it may shrink a little to fit, what is wider scrolls. */
export function scaleFor(drawing: ChartDrawing, width: number): number {
  return Math.min(1, Math.max(smallest, width / drawing.width));
}

/** Low drawings that begin with where the machine begins are best; to scroll sideways is worst. */
function cost({ drawing, direction }: Candidate, width: number): number {
  const scale = scaleFor(drawing, width);
  const tip = drawing.starts[0]?.at(-1);
  const begins = tip === undefined || drawing.boxes.every(({ x, y, width: wide, height }) => (direction === 'TB' ? y + height > tip.y : x + wide > tip.x));
  const hidden = Math.max(0, scale * drawing.width - width);
  return scale * (drawing.height + 0.25 * drawing.width) + (begins ? 0 : 250) + (hidden > 0 ? 400 : 0) + 4 * hidden;
}
