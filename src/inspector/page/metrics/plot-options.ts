import type uPlot from 'uplot';
import { tickText } from '../../model/metrics-text.js';
import type { StepRange } from '../../model/metrics-frame.js';

export interface PlotTalk {
  /** Somebody points at a step, by its place among the frame's; nothing when they do not. */
  readonly point: (index: number | undefined) => void;
  readonly zoom: (range: StepRange) => void;
  readonly reset: () => void;
}

interface PlotShape {
  readonly width: number;
  readonly height: number;
  /** Pixels a `rem` has, over 14: everything grows with the page. */
  readonly unit: number;
  readonly curves: number;
  /** Name of the metric, at the axis of its values. */
  readonly label: string;
}

/** Colours are read when something is drawn, so that a change of the theme needs a redraw only. */
const colour = (name: string) => (): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of a curve, as a variable of the style sheet. */
export const curveColour = (index: number): string => `--series-${(index % 6) + 1}`;

/** Charts with this key point at the same step. */
const together = 'metrics';

export function plotOptions({ width, height, unit, curves, label }: PlotShape, talk: PlotTalk): uPlot.Options {
  const family = colour('--font')() || 'sans-serif';
  const font = `${12 * unit}px ${family}`;
  const axis: uPlot.Axis = {
    stroke: colour('--text-2'),
    grid: { stroke: colour('--grid-line'), width: 1 },
    ticks: { stroke: colour('--grid-line'), width: 1, size: 4 * unit },
    font,
    labelFont: font,
    labelGap: 2 * unit,
    gap: 4 * unit,
    labelSize: 16 * unit,
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8 * unit, 22 * unit, 0, 0],
    scales: { x: { time: false }, y: { range: { min: { pad: 0.08, mode: 0 }, max: { pad: 0.08, mode: 0 } } } },
    axes: [
      {
        ...axis,
        label: 'optimizer step',
        size: 26 * unit,
        space: 50 * unit,
        incrs: [1, 2, 5].flatMap((digit) => Array.from({ length: 9 }, (_, power) => digit * 10 ** power)).sort((one, other) => one - other),
        values: (_, ticks) => ticks.map(tickText),
      },
      { ...axis, label, size: 52 * unit, space: 30 * unit, values: (_, ticks) => ticks.map(tickText) },
    ],
    series: [
      {},
      ...Array.from({ length: curves }, (_, index): uPlot.Series => ({
        stroke: colour(curveColour(index)),
        width: 1.6 * unit,
        // What lies behind another curve shines through.
        alpha: curves > 1 ? 0.8 : 1,
        spanGaps: false,
        points: { size: 5 * unit, fill: colour(curveColour(index)), stroke: colour(curveColour(index)), width: 0 },
      })),
    ],
    cursor: {
      sync: { key: together, scales: ['x', null] },
      drag: { x: true, y: false, setScale: false },
      points: { size: 8 * unit, width: 2 * unit },
      bind: {
        dblclick: () => () => {
          talk.reset();
          return null;
        },
      },
    },
    hooks: {
      setCursor: [({ cursor }) => talk.point(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          talk.zoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + wide, 'x') });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
