import type { OperationRecord, PhaseName } from '../../inspection/records.js';
import { isFailed, type TimelineIndex } from './timeline-index.js';
import { eachSegment } from './timeline-segments.js';
import type { TimelineView } from './timeline-view.js';

/** Phases by number: what a column of pixels keeps of each. */
export const phaseNames: readonly PhaseName[] = ['queued', 'encoding', 'sending', 'waiting', 'paused', 'downloading'];
const numbers: Readonly<Record<PhaseName, number>> = { queued: 0, encoding: 1, sending: 2, waiting: 3, paused: 4, downloading: 5 };
const { length: phaseCount } = phaseNames;

/** How much of each phase lies in each column of a stretch of time: for when a pixel is many operations. */
export class PhaseColumns {
  readonly count: number;
  readonly #ms: Float64Array;
  readonly #view: TimelineView;
  readonly #width: number;
  #low = Infinity;
  #high = -1;

  constructor(view: TimelineView, count: number) {
    this.#view = view;
    this.count = count;
    this.#ms = new Float64Array(count * phaseCount);
    this.#width = (view.to - view.from) / Math.max(1, count);
  }

  add(operation: OperationRecord, now: number): void {
    eachSegment(operation, now, this.#addSegment);
  }

  readonly #addSegment = (name: PhaseName, from: number, to: number): void => {
    const begin = (from - this.#view.from) / this.#width;
    const end = (to - this.#view.from) / this.#width;
    if (end <= 0 || begin >= this.count || end <= begin) return;
    const first = Math.max(0, Math.floor(begin));
    const last = Math.min(this.count - 1, Math.ceil(end) - 1);
    this.#low = Math.min(this.#low, first);
    this.#high = Math.max(this.#high, last);
    for (let column = first; column <= last; column += 1) {
      const share = Math.min(end, column + 1) - Math.max(begin, column);
      const at = column * phaseCount + numbers[name];
      this.#ms[at] = (this.#ms[at] ?? 0) + share;
    }
  };

  /** Tells each column in which something is: how many operations were open on average, and the phase of most of them. */
  each(take: (column: number, open: number, phase: PhaseName) => void): void {
    for (let column = Math.max(0, this.#low); column <= this.#high; column += 1) {
      let open = 0;
      let most = 0;
      for (let phase = 0; phase < phaseCount; phase += 1) {
        const share = this.#ms[column * phaseCount + phase] ?? 0;
        open += share;
        if (share > (this.#ms[column * phaseCount + most] ?? 0)) most = phase;
      }
      const name = phaseNames[most];
      if (open > 0 && name !== undefined) take(column, open, name);
    }
  }

  /** Begins anew with the same columns. */
  clear(): void {
    if (this.#high >= 0) this.#ms.fill(0, this.#low * phaseCount, (this.#high + 1) * phaseCount);
    this.#low = Infinity;
    this.#high = -1;
  }
}

/** A column of the overview. */
export interface DensityColumn {
  readonly column: number;
  /** Operations that were open, on average. */
  readonly open: number;
  readonly phase: PhaseName;
}

export interface Density {
  readonly columns: readonly DensityColumn[];
  /** The most that were open in a column. */
  readonly most: number;
  /** Columns in which something failed, in order. */
  readonly failures: readonly number[];
}

/** The whole of a timeline in a strip of so many columns. */
export function densityOf(index: TimelineIndex, view: TimelineView, count: number, now: number): Density {
  const phases = new PhaseColumns(view, count);
  const failures = new Set<number>();
  for (const { operations } of index.groups) {
    for (const operation of operations) {
      phases.add(operation, now);
      if (!isFailed(operation)) continue;
      const at = operation.endedAt ?? now;
      failures.add(Math.min(count - 1, Math.max(0, Math.floor(((at - view.from) / (view.to - view.from)) * count))));
    }
  }
  const columns: DensityColumn[] = [];
  phases.each((column, open, phase) => columns.push({ column, open, phase }));
  const most = columns.reduce((highest, { open }) => Math.max(highest, open), 0);
  return { columns, most, failures: [...failures].sort((a, b) => a - b) };
}
