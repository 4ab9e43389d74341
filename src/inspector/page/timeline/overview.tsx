import { useEffect, useRef } from 'preact/hooks';
import { densityOf, type Density } from '../../model/timeline-density.js';
import { fitView, momentAt, xOf } from '../../model/timeline-view.js';
import { paintOverview } from './paint-overview.js';
import type { TimelineStage } from './stage.js';

// A column of the strip, and how long one is kept while a live timeline grows.
const columnWidth = 2;
const freshMs = 500;
const handlePixels = 6;

/** The whole timeline as a strip: what is seen is a window in it that can be moved and drawn wider. */
export function Overview({ stage, revision }: { readonly stage: TimelineStage; readonly revision: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const kept = useRef<{ readonly density: Density; readonly at: number; readonly key: string } | null>(null);
  const { value: drawn } = stage.drawn;
  useEffect(() => {
    const { current } = canvas;
    const context = current?.getContext('2d', { alpha: false });
    if (current === null || !context) return;
    const { clientWidth: width, clientHeight: height } = current;
    const [wide, high] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (current.width !== wide || current.height !== high) [current.width, current.height] = [wide, high];
    const columns = Math.max(1, Math.floor(stage.plot.width / columnWidth));
    const key = `${columns} ${stage.span.from} ${stage.span.to} ${stage.index.count} ${revision}`;
    const stale = kept.current === null || (kept.current.key !== key && performance.now() - kept.current.at > freshMs);
    if (stale) kept.current = { density: densityOf(stage.index, fitView(stage.span), columns, stage.now()), at: performance.now(), key };
    const { density } = kept.current ?? {};
    if (density === undefined) return;
    const { span, view, measures } = stage;
    const palette = stage.surface?.palette;
    if (palette === undefined) return;
    paintOverview(context, { density, columnWidth: stage.plot.width / columns, span, view, width, plot: stage.plot.width, height, pixelRatio: devicePixelRatio, measures, palette });
  }, [drawn, revision]);
  return <canvas class="timeline-overview" ref={canvas} aria-hidden="true" onPointerDown={(event) => grab(event, stage)} data-testid="timeline-overview" />;
}

/** Moves the window, or one of its edges, for as long as the pointer is down. */
function grab(event: PointerEvent & { readonly currentTarget: HTMLCanvasElement }, stage: TimelineStage): void {
  const { currentTarget: canvas } = event;
  const box = canvas.getBoundingClientRect();
  const { gutter } = stage.measures;
  const plot = stage.plot.width;
  const all = fitView(stage.span);
  const momentOf = (clientX: number) => momentAt(all, clientX - box.left - gutter, plot);
  const [left, right] = [xOf(all, stage.view.from, plot), xOf(all, stage.view.to, plot)];
  const x = event.clientX - box.left - gutter;
  if (x < 0 || event.button !== 0) return;
  const edge = right - left < handlePixels * 2 ? undefined : Math.abs(x - left) < handlePixels ? 'from' : Math.abs(x - right) < handlePixels ? 'to' : undefined;
  const length = stage.view.to - stage.view.from;
  const begun = momentOf(event.clientX);
  const offset = x >= left && x <= right ? begun - stage.view.from : length / 2;
  const move = (clientX: number) => {
    const moment = momentOf(clientX);
    if (edge === 'from') stage.look({ from: Math.min(moment, stage.view.to - 2), to: stage.view.to });
    else if (edge === 'to') stage.look({ from: stage.view.from, to: Math.max(moment, stage.view.from + 2) });
    else stage.look({ from: moment - offset, to: moment - offset + length });
  };
  if (edge === undefined) move(event.clientX);
  canvas.setPointerCapture(event.pointerId);
  const onMove = ({ clientX }: PointerEvent) => move(clientX);
  const done = () => {
    canvas.removeEventListener('pointermove', onMove);
    canvas.removeEventListener('pointerup', done);
    canvas.removeEventListener('pointercancel', done);
  };
  canvas.addEventListener('pointermove', onMove);
  canvas.addEventListener('pointerup', done);
  canvas.addEventListener('pointercancel', done);
}
