import type { ChartState } from '../../inspection/records.js';
import { nameOf } from './chart-edges.js';
import type { Measure } from './chart-labels.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Around a whole drawing. */
export const margin = 8;
/** Within states that enclose others: around these, and for the name above them. */
export const padding = 12;
export const titleHeight = 22;

/** The dot where a level begins, and how long the arrow from there is. */
export const startRadius = 5;
export const startSize: Size = { width: 2 * startRadius, height: 2 * startRadius };
export const startLength = 24;

/** Where transitions that are possible in every state begin. */
export const anywhereText = 'anywhere';
export const anywhereSize = (measure: Measure): Size => ({ width: Math.ceil(measure(anywhereText, 'guard')) + 20, height: 24 });

/** What runs in a state, in words; empty when nothing does. */
export const runsOf = ({ invokes }: ChartState): string => (invokes.length === 0 ? '' : `runs ${invokes.join(', ')}`);

/** What each line adds to the side that lines touch, beyond the three for which every box has room. */
const lineGap = { TB: 15, LR: 28 } as const;

/** A state's box: as large as its words, and as what it encloses, and large enough for all lines at one side. */
export function sizeOf(state: ChartState, inner: Size | undefined, lines: number, direction: 'TB' | 'LR', measure: Measure): Size {
  const name = Math.ceil(measure(nameOf(state.path), 'state'));
  if (inner !== undefined) return { width: Math.max(inner.width, name + 2 * padding), height: inner.height + titleHeight };
  const runs = Math.ceil(measure(runsOf(state), 'guard'));
  const side = (lines - 3) * lineGap[direction];
  const [width, height] = [Math.max(68, name + 24, runs + 20), runs === 0 ? 34 : 46];
  return direction === 'TB' ? { width: Math.max(width, side), height } : { width, height: Math.max(height, side) };
}
