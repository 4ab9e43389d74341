import { scaleLinear } from 'd3-scale';
import type { Curve, Curves, Plan } from './curves.js';
import { paint, type Color } from '../paint.js';

/** Size of the chart in characters, axes included. */
export interface ChartSize {
  readonly columns: number;
  readonly rows: number;
}

interface Series {
  readonly name: string;
  readonly curve: Curve;
  /** A shape of its own, so that the curves can be told apart without colours. */
  readonly symbol: string;
  readonly color: Color;
}

const labelWidth = 6;

/**
 * The loss curves as text: labelled axes, a legend, and lines where the run was saved and killed.
 * Later curves are drawn over earlier ones.
 */
export function renderChart(curves: Curves, plan: Plan, size: ChartSize, color: boolean): string {
  const series: Series[] = [
    { name: 'uninterrupted', curve: curves.uninterrupted, symbol: '·', color: 'cyan' },
    { name: 'weights only', curve: curves.weightsOnly, symbol: 'x', color: 'red' },
    { name: 'resumed with optimizer', curve: curves.resumed, symbol: 'o', color: 'green' },
  ];
  const width = size.columns - labelWidth - 2;
  const height = size.rows - 5;
  const losses = series.flatMap(({ curve }) => curve.map(({ loss }) => loss));
  const x = scaleLinear([1, plan.steps], [0, width - 1]);
  const y = scaleLinear([Math.min(...losses), Math.max(...losses)], [height - 1, 0]);

  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  const put = (column: number, row: number, text: string): void => {
    const line = cells[row];
    if (line?.[column] !== undefined) line[column] = text;
  };
  for (const mark of marksOf(plan)) {
    for (let row = 0; row < height; row++) put(Math.round(x(mark.at)), row, paint(mark.symbol, 'gray', color));
  }
  for (const { curve, symbol, color: hue } of series) {
    for (const [column, from, to] of strokes(curve, x, y)) {
      for (let row = from; row <= to; row++) put(column, row, paint(symbol, hue, color));
    }
  }

  const yTicks = new Map(y.ticks(6).map((value) => [Math.round(y(value)), y.tickFormat(6)(value)]));
  const plot = cells.map((line, row) => {
    const label = yTicks.get(row);
    return `${(label ?? '').padStart(labelWidth)} ${label === undefined ? '│' : '┤'}${line.join('')}`;
  });
  const indent = ' '.repeat(labelWidth + 2);
  return [
    'loss (nats per token)',
    `${indent}${markLabels(plan, x, width)}`,
    ...plot,
    ...xAxis(x, width),
    `${indent}${series.map((one) => `${paint(one.symbol, one.color, color)} ${one.name}`).join('   ')}`,
  ].map((line) => line.trimEnd()).join('\n');
}

type Scale = (value: number) => number;

/** For each column that a curve passes: the rows it fills there, so that steep parts stay connected. */
function strokes(curve: Curve, x: Scale, y: Scale): [column: number, from: number, to: number][] {
  const first = curve[0];
  const last = curve.at(-1);
  if (first === undefined || last === undefined) return [];
  const rowAt = (column: number): number => {
    const after = curve.findIndex(({ step }) => x(step) >= column);
    const right = curve[after] ?? last;
    const left = curve[after - 1] ?? right;
    const span = x(right.step) - x(left.step);
    const share = span === 0 ? 0 : (column - x(left.step)) / span;
    return Math.round(y(left.loss) + share * (y(right.loss) - y(left.loss)));
  };
  const result: [number, number, number][] = [];
  let previous: number | undefined;
  for (let column = Math.round(x(first.step)); column <= Math.round(x(last.step)); column++) {
    const row = rowAt(column);
    const from = previous === undefined || Math.abs(previous - row) <= 1 ? row : previous + Math.sign(row - previous);
    result.push([column, Math.min(from, row), Math.max(from, row)]);
    previous = row;
  }
  return result;
}

interface Mark {
  readonly at: number;
  readonly symbol: string;
}

function marksOf(plan: Plan): Mark[] {
  return [{ at: plan.saveAfter, symbol: '┊' }, { at: plan.killAfter, symbol: '╎' }];
}

/** "saved" ends at its line and "SIGKILL" begins at its own, so that they never overlap. */
function markLabels(plan: Plan, x: Scale, width: number): string {
  const save = Math.round(x(plan.saveAfter));
  const kill = Math.round(x(plan.killAfter));
  const left = 'saved ┊'.padStart(save + 1).slice(-(save + 1));
  return `${left.padEnd(kill)}╎ SIGKILL`.slice(0, width + 1);
}

function xAxis(x: ReturnType<typeof scaleLinear<number>>, width: number): string[] {
  const ticks = [1, ...x.ticks(6).filter((step) => step > 1 && Number.isInteger(step))];
  const axis = Array.from({ length: width }, () => '─');
  const labels = Array.from({ length: width + labelWidth }, () => ' ');
  for (const step of ticks) {
    const column = Math.round(x(step));
    const text = String(step);
    const start = Math.max(0, column - Math.floor(text.length / 2));
    axis[column] = '┬';
    labels.splice(start, text.length, ...Array.from(text));
  }
  const indent = ' '.repeat(labelWidth + 1);
  return [`${indent}└${axis.join('')}`, `${indent} ${labels.join('')}`, `${indent} ${'optimizer step'.padStart(Math.floor(width / 2) + 7)}`];
}
