import { neighbourOf, rowsWithin, type RowRef, type TimelineIndex } from './timeline-index.js';
import type { TimelineView } from './timeline-view.js';

/** A group's place: its header, and its rows below. */
export interface Band {
  /** Place of the group in the index. */
  readonly group: number;
  readonly top: number;
  readonly rowsTop: number;
  readonly bottom: number;
  readonly rowHeight: number;
  /** Places in the group of what is seen, in order. */
  readonly rows: Int32Array;
  /** The lane of each operation of the group; undefined where each has a row of its own. */
  readonly lanes: Int32Array | undefined;
  readonly laneCount: number;
}

/** Where everything is, in pixels from the top of the first group. */
export interface TimelineLayout {
  readonly bands: readonly Band[];
  readonly headerHeight: number;
  readonly height: number;
  /** How many operations are seen. */
  readonly count: number;
}

export interface LayoutOptions {
  /** Height of a readable row. */
  readonly rowHeight: number;
  readonly headerHeight: number;
  /** Least height of a group's lanes, beside which its name stands. */
  readonly nameHeight: number;
  /** Room that is seen at once. */
  readonly height: number;
  /** Operations that do not overlap share a lane, and lanes are as low as it takes to have all of them in that room. */
  readonly compact: boolean;
}

const gap = 6;

/** Places the operations of which some part is seen. A group of which nothing is seen keeps its header, so that nothing jumps. */
export function layoutTimeline(index: TimelineIndex, view: TimelineView, options: LayoutOptions): TimelineLayout {
  const { compact, nameHeight } = options;
  // The name of a group stands beside its lanes.
  const headerHeight = compact ? 0 : options.headerHeight;
  const free = options.height - index.groups.length * gap;
  const lanes = index.groups.map(({ laneCount }) => laneCount);
  const heights = compact ? laneHeights(lanes, free, options) : lanes.map(() => options.rowHeight);
  let top = 0;
  const bands = index.groups.map((group, at): Band => {
    const rows = rowsWithin(group, view.from, view.to);
    const rowHeight = heights[at] ?? options.rowHeight;
    const rowsTop = top + (compact ? gap / 2 : headerHeight);
    const bottom = compact ? top + Math.max(nameHeight, group.laneCount * rowHeight) + gap : rowsTop + rows.length * rowHeight + gap;
    const band = { group: at, top, rowsTop, bottom, rowHeight, rows, lanes: compact ? group.lanes : undefined, laneCount: group.laneCount };
    top = bottom;
    return band;
  });
  return { bands, headerHeight, height: top, count: bands.reduce((sum, { rows }) => sum + rows.length, 0) };
}

/** Heights of the lanes of each group: readable where there are few, and lower where there are many. */
function laneHeights(lanes: readonly number[], room: number, { rowHeight, nameHeight }: LayoutOptions): number[] {
  const heights = lanes.map(() => rowHeight);
  const fewestFirst = [...lanes.keys()].sort((a, b) => (lanes[a] ?? 0) - (lanes[b] ?? 0));
  let left = Math.max(1, room);
  for (const [done, group] of fewestFirst.entries()) {
    const count = Math.max(1, lanes[group] ?? 1);
    const share = Math.max(nameHeight, left / (lanes.length - done)) / count;
    // Whole half pixels look even, where there is room for them.
    const height = Math.min(rowHeight, share >= 2 ? Math.floor(share * 2) / 2 : share);
    heights[group] = height;
    left = Math.max(1, left - Math.max(nameHeight, height * count));
  }
  return heights;
}

/** The row at a height; undefined on headers, beside, and where lanes are shared. */
export function rowAt(layout: TimelineLayout, y: number): RowRef | undefined {
  const band = bandAt(layout, y);
  if (band === undefined || band.lanes !== undefined) return undefined;
  const index = band.rows[Math.floor((y - band.rowsTop) / band.rowHeight)];
  return index === undefined ? undefined : { group: band.group, index };
}

/** The group whose rows are at a height. */
export function bandAt(layout: TimelineLayout, y: number): Band | undefined {
  return layout.bands.find(({ rowsTop, bottom }) => y >= rowsTop && y < bottom);
}

/** The top of a row; undefined where it is not seen. */
export function topOf(layout: TimelineLayout, row: RowRef): number | undefined {
  const band = layout.bands.find(({ group }) => group === row.group);
  if (band === undefined) return undefined;
  const place = placeIn(band.rows, row.index);
  if (band.rows[place] !== row.index) return undefined;
  return band.rowsTop + (band.lanes?.[row.index] ?? place) * band.rowHeight;
}

/** The first and the row after the last of a band between two heights; lanes where those are shared. */
export function rowsBetween(band: Band, top: number, bottom: number): readonly [first: number, end: number] {
  const first = Math.floor((top - band.rowsTop) / band.rowHeight);
  const end = Math.ceil((bottom - band.rowsTop) / band.rowHeight);
  const last = band.lanes === undefined ? band.rows.length : band.laneCount;
  return [Math.min(Math.max(0, first), last), Math.min(Math.max(0, end), last)];
}

/**
 * How far to scroll so that a row that was at a height stays there although rows above it came or went: the first row
 * at or after `top` that is in both layouts.
 */
export function keptScroll(before: TimelineLayout, after: TimelineLayout, top: number): number {
  for (const band of before.bands) {
    if (band.lanes !== undefined) return top;
    if (band.bottom <= top) continue;
    const [first, end] = rowsBetween(band, top, band.bottom);
    for (let place = first; place < end; place += 1) {
      const now = topOf(after, { group: band.group, index: band.rows[place] ?? 0 });
      if (now !== undefined) return Math.max(0, top + now - (band.rowsTop + place * band.rowHeight));
    }
  }
  return top;
}

/** The row to select next: beside the selected one, or the first that is seen. */
export function steppedRow(layout: TimelineLayout, index: TimelineIndex, selected: RowRef | undefined, step: 1 | -1): RowRef | undefined {
  if (selected !== undefined) return neighbourOf(index, selected, step) ?? selected;
  const band = layout.bands.find(({ rows }) => rows.length > 0);
  const [first] = band?.rows ?? [];
  return band === undefined || first === undefined ? undefined : { group: band.group, index: first };
}

/** How far to scroll for a row to be seen whole; as far as it is where that is so already. */
export function scrolledTo(layout: TimelineLayout, row: RowRef, top: number, height: number): number {
  const at = topOf(layout, row);
  if (at === undefined) return top;
  // The header of its group stays at the top.
  const highest = at - layout.headerHeight;
  const rowHeight = layout.bands.find(({ group }) => group === row.group)?.rowHeight ?? 0;
  return highest < top ? Math.max(0, highest) : Math.max(top, at + rowHeight - height);
}

/** How far to scroll for the last row of the group whose newest operation was called last. */
export function scrolledToNewest(layout: TimelineLayout, index: TimelineIndex, height: number): number {
  let newest: Band | undefined;
  let call = -Infinity;
  for (const band of layout.bands) {
    const last = index.groups[band.group]?.calls.at(-1) ?? -Infinity;
    if (band.rows.length > 0 && last >= call) [newest, call] = [band, last];
  }
  return newest === undefined ? 0 : Math.max(0, newest.bottom - height);
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
