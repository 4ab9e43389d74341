import { batch, signal } from '@preact/signals';
import type { OperationRecord } from '../../../inspection/records.js';
import { hitAt } from '../../model/timeline-hit.js';
import { indexOperations, neighbourOf, operationAt, rowOf, type RowRef, type TimelineFilter, type TimelineIndex } from '../../model/timeline-index.js';
import { keptScroll, layoutTimeline, rowAt, scrolledTo, scrolledToNewest, topOf, type TimelineLayout } from '../../model/timeline-layout.js';
import { clampView, fitView, followView, openingView, panView, revealView, showsNow, zoomView, type TimelineSpan, type TimelineView } from '../../model/timeline-view.js';
import { attachGestures, type Gestures } from './gestures.js';
import { hatchPattern, paintTimeline } from './paint.js';
import { onThemeChange, readPalette, type Palette } from './palette.js';
import { measuresOf, type Measures, type Scene } from './scene.js';

/** What a tooltip is about, and where. */
export interface Pointed {
  readonly operation: OperationRecord;
  readonly x: number;
  readonly y: number;
}

const nothing = indexOperations([]);
const nowhere: TimelineLayout = { bands: [], headerHeight: 1, height: 0, count: 0 };
// A live picture moves by pixels; more often than this nobody sees it.
const leastFrameMs = 33;
const mostFrameMs = 1000;

/** A timeline on the page: what is seen of which operations, and everything that people do with it. */
export class TimelineStage {
  readonly following = signal(false);
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
  palette: Palette = readPalette();
  measures: Measures = measuresOf(16, 800);
  readonly #now: () => number;
  #all: TimelineIndex = nothing;
  #live = false;
  #layout = nowhere;
  #begun = false;
  /** Whether the newest row stays in sight; ends when somebody scrolls. */
  #pinned = true;
  #scrolledTo = 0;
  #hovered: RowRef | undefined;
  #pointerX: number | undefined;
  #parts: { readonly scroller: HTMLElement; readonly tall: HTMLElement; readonly canvas: HTMLCanvasElement; readonly context: CanvasRenderingContext2D } | undefined;
  #gestures: Gestures | undefined;
  #hatch: CanvasPattern | null = null;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Begins to draw; gives what ends it. */
  mount(scroller: HTMLElement, tall: HTMLElement, canvas: HTMLCanvasElement): () => void {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) return () => undefined;
    this.#parts = { scroller, tall, canvas, context };
    const redress = () => {
      this.palette = readPalette();
      this.#hatch = hatchPattern(context, this.palette.surface, devicePixelRatio);
      this.#draw();
    };
    const resized = new ResizeObserver(() => {
      this.#measure();
      redress();
    });
    this.#measure();
    this.#gestures = attachGestures(canvas, this);
    const undress = onThemeChange(redress);
    resized.observe(scroller);
    scroller.addEventListener('scroll', this.#onScroll, { passive: true });
    redress();
    return () => {
      resized.disconnect();
      undress();
      this.#gestures?.end();
      scroller.removeEventListener('scroll', this.#onScroll);
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#timer);
      this.#frame = 0;
      this.#parts = undefined;
    };
  }

  /** Takes what is known now. */
  update(operations: readonly OperationRecord[], live: boolean, filter: TimelineFilter): void {
    this.#live = live;
    this.#all = indexOperations(operations);
    const filtered = filter.group !== undefined || filter.kind !== undefined || filter.only !== undefined;
    this.index = filtered ? indexOperations(operations, filter) : this.#all;
    this.shown.value = this.index.count;
    this.#grow();
    if (!this.#begun && operations.length > 0) {
      this.#begun = true;
      const calls = operations.slice(-30).map(({ calledAt }) => calledAt);
      this.view = live ? openingView(calls, this.span) : fitView(this.span);
      this.following.value = live;
      this.compact.value = operations.length > this.#readableRows();
    }
    if (!live) this.following.value = false;
    this.#hovered = undefined;
    const selected = this.selected.peek();
    const row = selected === undefined ? undefined : rowOf(this.index, selected);
    this.selected.value = row === undefined ? undefined : operationAt(this.index, row);
    this.#relayout();
  }

  get plot(): { readonly left: number; readonly width: number } {
    const { gutter } = this.measures;
    return { left: gutter, width: Math.max(1, (this.#parts?.scroller.clientWidth ?? 0) - gutter) };
  }

  get origin(): number {
    return this.span.from;
  }

  now(): number {
    return this.#now();
  }

  /** The reader looks elsewhere; where the present is not seen any more, it is not followed any more. */
  look(view: TimelineView): void {
    const zoomed = Math.abs(view.to - view.from - (this.view.to - this.view.from)) > 1e-6;
    this.view = clampView(view, this.span);
    if (this.following.peek()) this.following.value = zoomed && showsNow(this.view, this.#now());
    this.#hovered = undefined;
    this.pointed.value = undefined;
    this.#relayout();
  }

  zoom(factor: number): void {
    this.look(zoomView(this.view, factor, this.following.peek() ? 1 : 0.5));
  }

  pan(share: number): void {
    this.look(panView(this.view, share));
  }

  fit(): void {
    this.look(fitView(this.span));
  }

  follow(): void {
    this.following.value = true;
    this.#grow();
    this.#pinned = true;
    this.#relayout();
  }

  setCompact(compact: boolean): void {
    this.#pinned = true;
    this.compact.value = compact;
    this.#relayout();
  }

  scrollBy(pixels: number): void {
    this.#scrollTo((this.#parts?.scroller.scrollTop ?? 0) + pixels);
  }

  /** The pointer is at a place of the canvas, or nowhere. */
  point(at: { readonly x: number; readonly y: number } | undefined): void {
    const row = at === undefined ? undefined : this.#rowAt(at.x, at.y);
    const operation = row === undefined ? undefined : operationAt(this.index, row);
    this.#pointerX = at?.x;
    this.#hovered = row;
    this.pointed.value = operation === undefined || at === undefined ? undefined : { operation, ...at };
    this.#draw();
  }

  selectAt(x: number, y: number): void {
    const row = this.#rowAt(x, y);
    this.selected.value = row === undefined ? undefined : operationAt(this.index, row);
    this.#draw();
  }

  /** Selects the next operation or the one before, and shows it. */
  step(by: 1 | -1): void {
    const selected = this.selected.peek();
    const from = selected === undefined ? undefined : rowOf(this.index, selected);
    const band = this.#layout.bands.find(({ rows }) => rows.length > 0);
    const first = band === undefined ? undefined : { group: band.group, index: band.rows[0] ?? 0 };
    const row = from === undefined ? first : (neighbourOf(this.index, from, by) ?? from);
    const operation = row === undefined ? undefined : operationAt(this.index, row);
    if (row === undefined || operation === undefined) return;
    const view = revealView(this.view, operation.calledAt, operation.endedAt ?? this.#now());
    batch(() => {
      if (view !== this.view) this.look(view);
      this.selected.value = operation;
      this.#relayout();
      const { scroller } = this.#parts ?? {};
      if (scroller !== undefined) this.#scrollTo(scrolledTo(this.#layout, row, scroller.scrollTop, scroller.clientHeight - this.measures.axisHeight));
      this.pointed.value = this.#placeOf(operation, row);
    });
  }

  clearSelection(): void {
    this.selected.value = undefined;
    this.pointed.value = undefined;
    this.#draw();
  }

  #placeOf(operation: OperationRecord, row: RowRef): Pointed {
    const { left, width } = this.plot;
    const x = left + ((operation.calledAt - this.view.from) / (this.view.to - this.view.from)) * width;
    const y = (topOf(this.#layout, row) ?? 0) + this.measures.axisHeight - (this.#parts?.scroller.scrollTop ?? 0);
    return { operation, x: Math.max(left, x), y: y + this.measures.rowHeight / 2 };
  }

  #rowAt(x: number, y: number): RowRef | undefined {
    const { gutter, axisHeight } = this.measures;
    if (y < axisHeight) return undefined;
    const top = y - axisHeight + (this.#parts?.scroller.scrollTop ?? 0);
    if (x < gutter) return rowAt(this.#layout, top);
    const { index, view } = this;
    return hitAt({ index, layout: this.#layout, view, width: this.plot.width, slack: 6, now: this.#now() }, x - gutter, top);
  }

  #measure(): void {
    if (this.#parts === undefined) return;
    const { scroller, canvas } = this.#parts;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.measures = measuresOf(rem, scroller.clientWidth);
    canvas.style.width = `${scroller.clientWidth}px`;
    canvas.style.height = `${scroller.clientHeight}px`;
    canvas.width = Math.round(scroller.clientWidth * devicePixelRatio);
    canvas.height = Math.round(scroller.clientHeight * devicePixelRatio);
    this.#relayout();
  }

  #readableRows(): number {
    return ((this.#parts?.scroller.clientHeight ?? 0) - this.measures.axisHeight) / this.measures.rowHeight;
  }

  /** What there is grows with the present. */
  #grow(): void {
    const { from, to, open } = this.#all;
    if (to < from) return;
    const now = this.#now();
    this.span = { from, to: Math.max(this.#live || open > 0 ? Math.max(now, to) : to, from + 1) };
    if (this.following.peek()) this.view = clampView(followView(this.view, now), this.span);
  }

  #relayout(): void {
    if (this.#parts === undefined) return;
    const { scroller, tall } = this.#parts;
    const room = scroller.clientHeight - this.measures.axisHeight;
    const before = this.#layout;
    const { scrollTop } = scroller;
    const { rowHeight, headerHeight, nameHeight } = this.measures;
    this.#layout = layoutTimeline(this.index, this.view, { rowHeight, headerHeight, nameHeight, height: room, compact: this.compact.peek() });
    const height = Math.max(scroller.clientHeight, Math.floor(this.#layout.height + this.measures.axisHeight));
    if (tall.clientHeight !== height) tall.style.height = `${height}px`;
    if (this.following.peek() && this.#pinned && !this.compact.peek()) this.#scrollTo(scrolledToNewest(this.#layout, this.index, room));
    else this.#scrollTo(keptScroll(before, this.#layout, scrollTop));
    this.#gestures?.sync();
    this.#draw();
  }

  #scrollTo(top: number): void {
    const { scroller } = this.#parts ?? {};
    if (scroller === undefined) return;
    const most = scroller.scrollHeight - scroller.clientHeight;
    const next = Math.round(Math.min(Math.max(0, top), most));
    this.#scrolledTo = next;
    if (next !== Math.round(scroller.scrollTop)) scroller.scrollTop = next;
  }

  readonly #onScroll = (): void => {
    const { scroller } = this.#parts ?? {};
    if (scroller !== undefined && Math.abs(scroller.scrollTop - this.#scrolledTo) > 2) this.#pinned = false;
    this.#draw();
  };

  readonly #draw = (): void => {
    if (this.#frame !== 0 || this.#parts === undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  };

  #paint(): void {
    if (this.#parts === undefined) return;
    const { scroller, context } = this.#parts;
    if (scroller.clientWidth === 0) return;
    const scene: Scene = {
      index: this.index,
      layout: this.#layout,
      view: this.view,
      origin: this.origin,
      now: this.#now(),
      live: this.#live,
      width: scroller.clientWidth,
      height: scroller.clientHeight,
      pixelRatio: devicePixelRatio,
      scrollTop: scroller.scrollTop,
      measures: this.measures,
      palette: this.palette,
      hovered: this.#hovered,
      selected: this.#selectedRow(),
      pointerX: this.#pointerX,
    };
    paintTimeline(context, scene, this.#hatch);
    this.drawn.value += 1;
    this.#goOn();
  }

  #selectedRow(): RowRef | undefined {
    const selected = this.selected.peek();
    return selected === undefined ? undefined : rowOf(this.index, selected);
  }

  /** A live picture is drawn anew when the present has moved by a pixel. */
  #goOn(): void {
    clearTimeout(this.#timer);
    if (!this.#live || (!this.following.peek() && this.#all.open === 0)) return;
    const perPixel = (this.view.to - this.view.from) / this.plot.width;
    this.#timer = setTimeout(() => {
      this.#grow();
      if (this.following.peek()) this.#relayout();
      else this.#draw();
    }, Math.min(mostFrameMs, Math.max(leastFrameMs, perPixel)));
  }
}
