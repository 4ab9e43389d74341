import { describe, expect, it } from '@jest/globals';
import { hitAt } from '../../../src/inspector/model/timeline-hit.js';
import { indexOperations } from '../../../src/inspector/model/timeline-index.js';
import { keptScroll, layoutTimeline, rowAt, rowsBetween, scrolledTo, scrolledToNewest, steppedRow, topOf } from '../../../src/inspector/model/timeline-layout.js';
import { operationOf } from '../../support/inspection/operation-of.js';

const sampling = { group: 'sampling', client: 'sampler', kind: 'sample' } as const;
// Ten operations one after the other, and forty samples at once.
const operations = [
  ...Array.from({ length: 10 }, (_, at) => operationOf({ key: `t${at}`, calledAt: at * 100, endedAt: at * 100 + 90 })),
  ...Array.from({ length: 40 }, (_, at) => operationOf({ ...sampling, key: `s${at}`, calledAt: 500 + at, endedAt: 800 })),
];
const index = indexOperations(operations);
const all = { from: 0, to: 1000 };
const rows = { rowHeight: 20, headerHeight: 30, nameHeight: 40, height: 400, compact: false };
const lanes = { ...rows, compact: true };

describe('rows of their own', () => {
  const layout = layoutTimeline(index, all, rows);

  it('stand below the header of their group, one after the other', () => {
    expect(topOf(layout, { group: 0, index: 0 })).toBe(30);
    expect(topOf(layout, { group: 0, index: 9 })).toBe(30 + 9 * 20);
    expect(topOf(layout, { group: 1, index: 0 })).toBe((layout.bands[1]?.top ?? 0) + 30);
    expect(layout.height).toBe(layout.bands[1]?.bottom);
    expect(layout.count).toBe(50);
  });

  it('are those of which some part is seen', () => {
    const part = layoutTimeline(index, { from: 250, to: 420 }, rows);
    expect([...(part.bands[0]?.rows ?? [])]).toEqual([2, 3, 4]);
    expect(topOf(part, { group: 0, index: 3 })).toBe(50);
    expect(topOf(part, { group: 0, index: 0 })).toBeUndefined();
    expect(topOf(part, { group: 7, index: 0 })).toBeUndefined();
    expect(part.bands).toHaveLength(2);
  });

  it('are found by their height, headers are not', () => {
    expect(rowAt(layout, 35)).toEqual({ group: 0, index: 0 });
    expect(rowAt(layout, 50)).toEqual({ group: 0, index: 1 });
    expect(rowAt(layout, 10)).toBeUndefined();
    expect(rowAt(layout, 1e6)).toBeUndefined();
    expect(rowAt(layoutTimeline(index, all, lanes), 10)).toBeUndefined();
  });

  it('are drawn only where they are seen', () => {
    const [band] = layout.bands;
    expect(band && rowsBetween(band, 65, 105)).toEqual([1, 4]);
    expect(band && rowsBetween(band, -500, 0)).toEqual([0, 0]);
    expect(band && rowsBetween(band, 0, 1e6)).toEqual([0, 10]);
  });

  it('stay where they are while rows above them go', () => {
    const after = layoutTimeline(index, { from: 250, to: 1000 }, rows);
    // Row 4 was at the top; two above it went.
    expect(keptScroll(layout, after, 110)).toBe(110 - 2 * 20);
    expect(keptScroll(layout, layout, 110)).toBe(110);
    expect(keptScroll(layout, layoutTimeline(index, { from: 5000, to: 6000 }, rows), 110)).toBe(110);
  });

  it('are scrolled to no further than needed, below the header', () => {
    expect(scrolledTo(layout, { group: 0, index: 2 }, 0, 400)).toBe(0);
    expect(scrolledTo(layout, { group: 0, index: 2 }, 200, 400)).toBe(40);
    expect(scrolledTo(layout, { group: 1, index: 39 }, 0, 400)).toBe((topOf(layout, { group: 1, index: 39 }) ?? 0) + 20 - 400);
    expect(scrolledTo(layout, { group: 5, index: 0 }, 17, 400)).toBe(17);
  });

  it('are followed to the end of the group that was called last', () => {
    expect(scrolledToNewest(layout, index, 100)).toBe((layout.bands[0]?.bottom ?? 0) - 100);
    const early = { from: 0, to: 560 };
    const seen = layoutTimeline(index, early, rows);
    expect(scrolledToNewest(seen, index, 1e6)).toBe(0);
  });

  it('are selected one after the other, beginning with the first that is seen', () => {
    const part = layoutTimeline(index, { from: 250, to: 420 }, rows);
    expect(steppedRow(part, index, undefined, 1)).toEqual({ group: 0, index: 2 });
    expect(steppedRow(part, index, { group: 0, index: 9 }, 1)).toEqual({ group: 1, index: 0 });
    expect(steppedRow(part, index, { group: 0, index: 0 }, -1)).toEqual({ group: 0, index: 0 });
    expect(steppedRow(layoutTimeline(indexOperations([]), all, rows), indexOperations([]), undefined, 1)).toBeUndefined();
  });
});

describe('lanes', () => {
  it('are all in the room that there is, and readable where there are few', () => {
    const layout = layoutTimeline(index, all, lanes);
    expect(layout.height).toBeLessThanOrEqual(400);
    expect(layout.bands.map(({ rowHeight }) => rowHeight)).toEqual([20, 8.5]);
    expect(layout.bands.map(({ laneCount }) => laneCount)).toEqual([1, 40]);
  });

  it('do not move with what is seen', () => {
    const places = (from: number, to: number) => layoutTimeline(index, { from, to }, lanes).bands.map(({ top, rowHeight }) => [top, rowHeight]);
    expect(places(0, 1000)).toEqual(places(10, 20));
  });

  it('are lower than a pixel where there are more than pixels', () => {
    const many = indexOperations(Array.from({ length: 5000 }, (_, at) => operationOf({ key: `${at}`, calledAt: at, endedAt: 10_000 })));
    const layout = layoutTimeline(many, { from: 0, to: 10_000 }, lanes);
    expect(layout.bands[0]?.rowHeight).toBeLessThan(0.1);
    expect(layout.height).toBeLessThanOrEqual(400);
  });

  it('leave scrolling as it is', () => {
    const layout = layoutTimeline(index, all, lanes);
    expect(keptScroll(layout, layoutTimeline(index, { from: 900, to: 1000 }, lanes), 42)).toBe(42);
  });
});

describe('what is at a place', () => {
  const options = { index, view: all, width: 1000, slack: 6, now: 1000 };

  it('is the operation whose bar is there, or that is near enough', () => {
    const layout = layoutTimeline(index, all, rows);
    expect(hitAt({ ...options, layout }, 250, 30 + 2 * 20 + 5)).toEqual({ group: 0, index: 2 });
    expect(hitAt({ ...options, layout }, 295, 30 + 2 * 20 + 5)).toEqual({ group: 0, index: 2 });
    expect(hitAt({ ...options, layout }, 400, 30 + 2 * 20 + 5)).toBeUndefined();
    expect(hitAt({ ...options, layout }, 250, 5)).toBeUndefined();
  });

  it('is the nearer one of two in a lane', () => {
    const layout = layoutTimeline(index, all, lanes);
    const y = (layout.bands[0]?.rowsTop ?? 0) + 5;
    expect(hitAt({ ...options, layout }, 150, y)).toEqual({ group: 0, index: 1 });
    expect(hitAt({ ...options, layout }, 192, y)).toEqual({ group: 0, index: 1 });
    expect(hitAt({ ...options, layout }, 198, y)).toEqual({ group: 0, index: 2 });
  });

  it('is found where lanes are lower than a pixel', () => {
    const many = indexOperations(Array.from({ length: 5000 }, (_, at) => operationOf({ key: `${at}`, calledAt: at, endedAt: 10_000 })));
    const layout = layoutTimeline(many, { from: 0, to: 10_000 }, lanes);
    expect(hitAt({ ...options, index: many, layout, view: { from: 0, to: 10_000 } }, 900, 100)).toBeDefined();
  });
});
