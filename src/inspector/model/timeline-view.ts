/** The stretch of time that is seen. */
export interface TimelineView {
  readonly from: number;
  readonly to: number;
}

/** The stretch of time that there is. */
export type TimelineSpan = TimelineView;

/** No closer than this is anything measured. */
export const shortestViewMs = 2;

/** Of a timeline that has just begun at least so much is seen, so that it fills rather than shrinks. */
export const leastLiveMs = 15_000;

/** Free room before the first and after the last moment, as a share of what is seen. */
const margin = 0.02;

export function momentAt({ from, to }: TimelineView, x: number, width: number): number {
  return from + ((to - from) * x) / Math.max(1, width);
}

export function xOf({ from, to }: TimelineView, moment: number, width: number): number {
  return ((moment - from) / (to - from)) * width;
}

/** All that there is, with some room at both sides. */
export function fitView({ from, to }: TimelineSpan): TimelineView {
  const length = Math.max(shortestViewMs, to - from);
  return { from: from - length * margin, to: from + length * (1 + margin) };
}

/** All that can be seen: what there is, or `leastMs` from its beginning. */
export function widestView(span: TimelineSpan, leastMs: number): TimelineView {
  const { from, to } = fitView(span);
  return { from, to: Math.max(to, from + leastMs) };
}

/** The view itself where it is within what can be seen, else the nearest that is: no longer, and not beside it. */
export function clampView(view: TimelineView, span: TimelineSpan, leastMs = 0): TimelineView {
  const all = widestView(span, leastMs);
  const longest = all.to - all.from;
  const length = Math.min(longest, Math.max(shortestViewMs, view.to - view.from));
  const middle = (view.from + view.to) / 2;
  // Half of a window may be empty, so that what is at the edge can be had in the middle.
  const slack = length === longest ? 0 : length / 2;
  const from = Math.min(Math.max(middle - length / 2, all.from - slack), all.to + slack - length);
  return { from, to: from + length };
}

/** Shows `factor` times as much time, with the moment at a share of the width staying where it is. */
export function zoomView({ from, to }: TimelineView, factor: number, share = 0.5): TimelineView {
  const length = Math.max(shortestViewMs, (to - from) * factor);
  const anchor = from + (to - from) * share;
  return { from: anchor - length * share, to: anchor + length * (1 - share) };
}

/** Moves by a share of the width. */
export function panView({ from, to }: TimelineView, share: number): TimelineView {
  const by = (to - from) * share;
  return { from: from + by, to: to + by };
}

/** The same length of time, ending a little after `now`. */
export function followView({ from, to }: TimelineView, now: number): TimelineView {
  const length = to - from;
  const end = now + length * margin;
  return { from: end - length, to: end };
}

/** Whether a view still shows the present, so that following it goes on. */
export function showsNow({ from, to }: TimelineView, now: number): boolean {
  return from <= now && to >= now;
}

/** Where a live timeline begins: the time of the newest few operations, at most all. `calls` are when they were called, sorted. */
export function openingView(calls: readonly number[], span: TimelineSpan): TimelineView {
  const few = calls.at(-Math.min(calls.length, 30)) ?? span.from;
  const length = Math.min(Math.max(span.to - few, leastLiveMs), 120_000);
  return clampView(followView({ from: 0, to: length }, span.to), span, leastLiveMs);
}

/** Moves no further than needed for an operation's time to be seen. */
export function revealView(view: TimelineView, calledAt: number, endedAt: number): TimelineView {
  if (calledAt < view.to && endedAt > view.from) return view;
  const length = view.to - view.from;
  const from = calledAt - length * 0.2;
  return { from, to: from + length };
}

// A live picture moves by pixels; more often than this nobody sees it.
const leastFrameMs = 33;
const mostFrameMs = 1000;

/** How long until a live picture looks different: until the present has moved by a pixel. */
export function frameDelayMs({ from, to }: TimelineView, width: number): number {
  return Math.min(mostFrameMs, Math.max(leastFrameMs, (to - from) / width));
}
