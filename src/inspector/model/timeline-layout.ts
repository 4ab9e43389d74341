import { rowsWithin, type RowRef, type TimelineIndex } from './timeline-index.js';
import type { TimelineView } from './timeline-view.js';

/** A group's place: its header, and its rows below. */
export interface Band {
  /** Place of the group in the index. */
  readonly group: number;
  readonly top: number;
  readonly rowsTop: number;
  readonly bottom: number;
  /** Places in the group of what is seen. */
  readonly rows: Int32Array;
}

/** Where everything is, in pixels from the top of the first group. */
export interface TimelineLayout {
  readonly bands: readonly Band[];
  readonly rowHeight: number;
  readonly headerHeight: number;
  readonly height: number;
  readonly count: number;
}

export interface LayoutOptions {
  /** Height of a readable row. */
  readonly rowHeight: number;
  readonly headerHeight: number;
  /** Room that is seen at once. */
  readonly height: number;
  /** Rows are made as low as it takes to have all of them in that room. */
  readonly compact: boolean;
}

// Heights between which rows of a live timeline do not waver.
const steps = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1] as const;
const gap = 6;

/** Places the operations of which some part is seen. A group of which nothing is seen keeps its header, so that nothing jumps. */
export function layoutTimeline(index: TimelineIndex, view: TimelineView, options: LayoutOptions): TimelineLayout {
  const { headerHeight } = options;
  const rows = index.groups.map((group) => rowsWithin(group, view.from, view.to));
  const count = rows.reduce((sum, { length }) => sum + length, 0);
  const free = options.height - index.groups.length * (headerHeight + gap);
  const rowHeight = options.compact ? compactHeight(options.rowHeight, free, count) : options.rowHeight;
  let top = 0;
  const bands = rows.map((places, group): Band => {
    const rowsTop = top + headerHeight;
    const band = { group, top, rowsTop, bottom: rowsTop + places.length * rowHeight + gap, rows: places };
    top = band.bottom;
    return band;
  });
  return { bands, rowHeight, headerHeight, height: top, count };
}

function compactHeight(readable: number, free: number, count: number): number {
  const exact = Math.max(1, free) / Math.max(1, count);
  if (exact >= readable) return readable;
  const step = steps.find((share) => readable * share <= exact);
  return step === undefined ? exact : Math.round(readable * step * 2) / 2 <= exact ? Math.round(readable * step * 2) / 2 : readable * step;
}

/** The row at a height; undefined on headers and beside. Where many rows share a pixel, the first of them. */
export function rowAt(layout: TimelineLayout, y: number): RowRef | undefined {
  const band = layout.bands.find(({ rowsTop, bottom }) => y >= rowsTop && y < bottom);
  if (band === undefined) return undefined;
  const index = band.rows[Math.floor((y - band.rowsTop) / layout.rowHeight)];
  return index === undefined ? undefined : { group: band.group, index };
}

/** The top of a row; undefined where it is not seen. */
export function topOf(layout: TimelineLayout, row: RowRef): number | undefined {
  const band = layout.bands.find(({ group }) => group === row.group);
  if (band === undefined) return undefined;
  const place = placeIn(band.rows, row.index);
  return band.rows[place] === row.index ? band.rowsTop + place * layout.rowHeight : undefined;
}

/** The first and the row after the last of a band between two heights. */
export function rowsBetween(layout: TimelineLayout, band: Band, top: number, bottom: number): readonly [first: number, end: number] {
  const first = Math.floor((top - band.rowsTop) / layout.rowHeight);
  const end = Math.ceil((bottom - band.rowsTop) / layout.rowHeight);
  return [Math.min(Math.max(0, first), band.rows.length), Math.min(Math.max(0, end), band.rows.length)];
}

/**
 * How far to scroll so that a row that was at a height stays there although rows above it came or went: the first row
 * at or after `top` that is in both layouts.
 */
export function keptScroll(before: TimelineLayout, after: TimelineLayout, top: number): number {
  if (before.rowHeight !== after.rowHeight) return before.height > 0 ? (top / before.height) * after.height : top;
  for (const band of before.bands) {
    if (band.bottom <= top) continue;
    const [first, end] = rowsBetween(before, band, top, band.bottom);
    for (let place = first; place < end; place += 1) {
      const index = band.rows[place] ?? 0;
      const now = topOf(after, { group: band.group, index });
      if (now !== undefined) return Math.max(0, top + now - (band.rowsTop + place * before.rowHeight));
    }
  }
  return top;
}

/** How far to scroll for a row to be seen whole; as far as it is where that is so already. */
export function scrolledTo(layout: TimelineLayout, row: RowRef, top: number, height: number): number {
  const at = topOf(layout, row);
  if (at === undefined) return top;
  // The header of its group stays at the top.
  const highest = at - layout.headerHeight;
  return highest < top ? Math.max(0, highest) : Math.max(top, at + layout.rowHeight - height);
}

/** The place of a number in sorted ones, or where it would be. */
function placeIn(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
