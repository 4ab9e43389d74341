import Table from 'cli-table3';
import type { Curve, Curves, Plan } from './curves.js';
import { paint } from '../paint.js';

/** One row of the table; a curve that has no such step shows nothing. */
export interface Row {
  readonly step: number;
  readonly uninterrupted: string;
  readonly resumed: string;
  readonly weightsOnly: string;
}

// Around the save every step matters; further on a few are enough.
const rowsBefore = 3;
const rowsAfterSave = 5;
const rowsSpread = 6;

/**
 * The steps worth a row: some before the save, those right after it, and some on the way to the end.
 * Losses are written with all the digits that tell two floating-point numbers apart.
 */
export function rowsOf(curves: Curves, plan: Plan): Row[] {
  const column = (curve: Curve): ((step: number) => string) => {
    const losses = new Map(curve.map(({ step, loss }) => [step, String(loss)]));
    return (step) => losses.get(step) ?? '';
  };
  const uninterrupted = column(curves.uninterrupted);
  const resumed = column(curves.resumed);
  const weightsOnly = column(curves.weightsOnly);
  return stepsOf(plan).map((step) => ({
    step,
    uninterrupted: uninterrupted(step),
    resumed: resumed(step),
    weightsOnly: weightsOnly(step),
  }));
}

function stepsOf({ steps, saveAfter }: Plan): number[] {
  const before = spread(1, saveAfter, rowsBefore);
  const after = range(saveAfter + 1, Math.min(saveAfter + rowsAfterSave, steps));
  const rest = spread(saveAfter + rowsAfterSave, steps, rowsSpread + 1);
  return [...new Set([...before, ...after, ...rest])].filter((step) => step <= steps);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

function spread(first: number, last: number, count: number): number[] {
  return range(0, count - 1).map((index) => Math.round(first + ((last - first) * index) / (count - 1)));
}

/** The table as text, with a line where the checkpoint was saved. */
export function renderTable(rows: readonly Row[], plan: Plan, color: boolean): string {
  const table = new Table({
    // Painted here: the library decides by the environment whether it paints.
    head: ['step', 'uninterrupted', 'resumed with optimizer', 'weights only'].map((name) => paint(name, 'bold', color)),
    colAligns: ['right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  let saved = false;
  for (const row of rows) {
    if (!saved && row.step > plan.saveAfter) {
      saved = true;
      table.push([{ colSpan: 4, content: `checkpoint saved after step ${plan.saveAfter}`, hAlign: 'center' }]);
    }
    table.push([row.step, row.uninterrupted, mark(row.resumed, row), mark(row.weightsOnly, row)]);
  }
  return table.toString();
}

/** Equality is easier to see as a sign than by comparing sixteen digits. */
function mark(loss: string, row: Row): string {
  if (loss === '') return '';
  return `${loss === row.uninterrupted ? '=' : '≠'} ${loss}`;
}
