import { batch, signal } from '@preact/signals';
import type { OperationRecord } from '../../../inspection/records.js';
import { hitAt } from '../../model/timeline-hit.js';
import { indexOperations, isFiltering, operationAt, rowOf, type RowRef, type TimelineFilter, type TimelineIndex } from '../../model/timeline-index.js';
import { keptScroll, layoutTimeline, rowAt, scrolledTo, scrolledToNewest, steppedRow, topOf, type TimelineLayout } from '../../model/timeline-layout.js';
import { clampView, fitView, followView, frameDelayMs, leastLiveMs, openingView, revealView, showsNow, xOf, zoomView, type TimelineSpan, type TimelineView } from '../../model/timeline-view.js';
import { measuresOf, type Measures, type Scene } from './scene.js';
import { TimelineSurface, type SurfaceHost, type SurfaceParts } from './surface.js';

/** What a tooltip is about, and where. */
export interface Pointed {
  readonly operation: OperationRecord;
  readonly x: number;
  readonly y: number;
}

const nothing = indexOperations([]);
const nowhere: TimelineLayout = { bands: [], headerHeight: 1, height: 0, count: 0 };

/** A timeline on the page: what is seen of which operations, and everything that people do with it. */
export class TimelineStage implements SurfaceHost {
  readonly following = signal(false);
  /** Whether operations share lanes. */
  readonly compact = signal(false);
  readonly pointed = signal<Pointed | undefined>(undefined);
  readonly selected = signal<OperationRecord | undefined>(undefined);
  /** How many operations the filter lets through. */
  readonly shown = signal(0);
  /** Grows with every picture; the overview goes with it. */
  readonly drawn = signal(0);

  view: TimelineView = { from: 0, to: 1 };
  index: TimelineIndex = nothing;
  span: TimelineSpan = { from: 0, to: 1 };
  measures: Measures = measuresOf(16, 800);
  surface: TimelineSurface | undefined;
  readonly now: () => number;
  #all: TimelineIndex = nothing;
  #live = false;
  #layout = nowhere;
  /** How it was opened: with all that there is, or with a part of it, of the page's or of the reader's own choice. */
  #opened: 'not yet' | 'whole' | 'part' = 'not yet';
  /** Whether the newest row stays in sight; ends when somebody scrolls. */
  #pinned = true;
  #hovered: RowRef | undefined;
  #pointerX: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Begins to draw; gives what ends it. */
  mount(parts: SurfaceParts): () => void {
    this.surface = new TimelineSurface(parts, this);
    this.resized();
    return () => {
      this.surface?.end();
      clearTimeout(this.#timer);
      this.surface = undefined;
    };
  }

  /** Takes what is known now. */
  update(operations: readonly OperationRecord[], live: boolean, filter: TimelineFilter): void {
    this.#live = live;
    this.#all = indexOperations(operations);
    this.index = isFiltering(filter) ? indexOperations(operations, filter) : this.#all;
    this.shown.value = this.index.count;
    this.#grow();
    if (this.#opened === 'not yet' && operations.length > 0) this.#begin(operations);
    // What is over comes in pieces; until the reader looks elsewhere, all of it is seen.
    else if (this.#opened === 'whole') this.view = fitView(this.span);
    if (!live) this.following.value = false;
    this.#hovered = undefined;
    const row = this.#selectedRow();
    this.selected.value = row && operationAt(this.index, row);
    this.#relayout();
  }

  get plot(): { readonly left: number; readonly width: number } {
    const { gutter } = this.measures;
    return { left: gutter, width: Math.max(1, (this.surface?.width ?? 0) - gutter) };
  }

  /** The reader looks elsewhere; where the present is not seen any more, it is not followed any more. */
  look(view: TimelineView): void {
    const zoomed = Math.abs(view.to - view.from - (this.view.to - this.view.from)) > 1e-6;
    this.view = this.#clamp(view);
    this.#opened = 'part';
    if (this.following.peek()) this.following.value = zoomed && showsNow(this.view, this.now());
    this.#hovered = undefined;
    this.pointed.value = undefined;
    this.#relayout();
  }

  zoom(factor: number): void {
    this.look(zoomView(this.view, factor, this.following.peek() ? xOf(this.view, this.now(), 1) : 0.5));
  }

  fit(): void {
    this.look(fitView(this.span));
  }

  follow(): void {
    this.following.value = true;
    this.#pinned = true;
    this.#grow();
    this.#relayout();
  }

  setCompact(compact: boolean): void {
    this.#pinned = true;
    this.compact.value = compact;
    this.#relayout();
  }

  scrollBy(pixels: number): void {
    if (pixels !== 0) this.#pinned = false;
    this.surface?.scrollTo(this.surface.scrollTop + pixels);
  }

  scrolled(): void {
    this.#pinned = false;
  }

  /** The pointer is at a place of the canvas, or nowhere. */
  point(at: { readonly x: number; readonly y: number } | undefined): void {
    const row = at === undefined ? undefined : this.#rowAt(at.x, at.y);
    const operation = row && operationAt(this.index, row);
    this.#pointerX = at?.x;
    this.#hovered = row;
    this.pointed.value = operation === undefined || at === undefined ? undefined : { operation, ...at };
    this.surface?.draw('pointer');
  }

  selectAt(x: number, y: number): void {
    const row = this.#rowAt(x, y);
    this.selected.value = row && operationAt(this.index, row);
    this.surface?.draw();
  }

  /** Selects the next operation or the one before, and shows it. */
  step(by: 1 | -1): void {
    const row = steppedRow(this.#layout, this.index, this.#selectedRow(), by);
    const operation = row && operationAt(this.index, row);
    if (row === undefined || operation === undefined) return;
    batch(() => {
      const view = revealView(this.view, operation.calledAt, operation.endedAt ?? this.now());
      if (view !== this.view) this.look(view);
      this.#pinned = false;
      this.selected.value = operation;
      const { surface } = this;
      if (surface !== undefined) surface.scrollTo(scrolledTo(this.#layout, row, surface.scrollTop, surface.height - this.measures.axisHeight));
      const { left, width } = this.plot;
      const y = (topOf(this.#layout, row) ?? 0) + this.measures.axisHeight - (surface?.scrollTop ?? 0) + this.measures.rowHeight / 2;
      this.pointed.value = { operation, x: left + Math.max(0, xOf(this.view, operation.calledAt, width)), y };
      surface?.draw();
    });
  }

  scene(): Scene | undefined {
    const { surface, index, view, measures } = this;
    if (surface === undefined) return undefined;
    return {
      index,
      view,
      origin: this.span.from,
      measures,
      layout: this.#layout,
      now: this.now(),
      live: this.#live,
      width: surface.width,
      height: surface.height,
      pixelRatio: devicePixelRatio,
      scrollTop: surface.scrollTop,
      palette: surface.palette,
      hovered: this.#hovered,
      selected: this.#selectedRow(),
      pointerX: this.#pointerX,
    };
  }

  resized(): void {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.measures = measuresOf(rem, this.surface?.width ?? 0);
    this.#relayout();
  }

  /** A live picture is drawn anew when the present has moved by a pixel. */
  painted(): void {
    this.drawn.value += 1;
    clearTimeout(this.#timer);
    if (!this.#live || (!this.following.peek() && this.#all.open === 0)) return;
    this.#timer = setTimeout(() => {
      this.#grow();
      if (this.following.peek()) this.#relayout();
      else this.surface?.draw();
    }, frameDelayMs(this.view, this.plot.width));
  }

  #begin(operations: readonly OperationRecord[]): void {
    this.#opened = this.#live ? 'part' : 'whole';
    this.view = this.#live ? openingView(operations.slice(-30).map(({ calledAt }) => calledAt), this.span) : fitView(this.span);
    this.following.value = this.#live;
    this.compact.value = operations.length > ((this.surface?.height ?? 0) - this.measures.axisHeight) / this.measures.rowHeight;
  }

  #selectedRow(): RowRef | undefined {
    const selected = this.selected.peek();
    return selected && rowOf(this.index, selected);
  }

  #rowAt(x: number, y: number): RowRef | undefined {
    const { index, view, measures } = this;
    const { gutter, axisHeight } = measures;
    if (y < axisHeight) return undefined;
    const top = y - axisHeight + (this.surface?.scrollTop ?? 0);
    if (x < gutter) return rowAt(this.#layout, top);
    return hitAt({ index, layout: this.#layout, view, width: this.plot.width, slack: 6, now: this.now() }, x - gutter, top);
  }

  /** What there is grows with the present. */
  #grow(): void {
    const { from, to, open } = this.#all;
    if (to < from) return;
    const now = this.now();
    this.span = { from, to: Math.max(this.#live || open > 0 ? Math.max(now, to) : to, from + 1) };
    if (this.following.peek()) this.view = this.#clamp(followView(this.view, now));
  }

  #clamp(view: TimelineView): TimelineView {
    return clampView(view, this.span, this.#live ? leastLiveMs : 0);
  }

  #relayout(): void {
    const { surface } = this;
    if (surface === undefined) return;
    const { axisHeight, rowHeight, headerHeight, nameHeight } = this.measures;
    const height = surface.height - axisHeight;
    const before = this.#layout;
    const { scrollTop } = surface;
    this.#layout = layoutTimeline(this.index, this.view, { rowHeight, headerHeight, nameHeight, height, compact: this.compact.peek() });
    surface.setTall(this.#layout.height + axisHeight);
    const pinned = this.following.peek() && this.#pinned && !this.compact.peek();
    surface.scrollTo(pinned ? scrolledToNewest(this.#layout, this.index, height) : keptScroll(before, this.#layout, scrollTop));
    surface.sync();
    surface.draw();
  }
}
