import { select } from 'd3-selection';
import { zoom, ZoomTransform, type D3ZoomEvent } from 'd3-zoom';
import { leastLiveMs, shortestViewMs, widestView, type TimelineSpan, type TimelineView } from '../../model/timeline-view.js';

export interface GestureHost {
  /** What is seen now, what there is, and where time is drawn. */
  readonly view: TimelineView;
  readonly span: TimelineSpan;
  readonly plot: { readonly left: number; readonly width: number };
  /** The reader looks elsewhere. */
  look(view: TimelineView): void;
  scrollBy(pixels: number): void;
}

/** Dragging, pinching, double clicks and the wheel with a key, for a canvas. */
export interface Gestures {
  /** To be called whenever the view changes otherwise. */
  readonly sync: () => void;
  readonly end: () => void;
}

/** Lets people move a timeline by hand. The wheel alone stays the page's, for scrolling. */
export function attachGestures(canvas: HTMLCanvasElement, host: GestureHost): Gestures {
  let last = new ZoomTransform(1, 0, 0);
  // What a scale of 1 means; fixed, so that a drag holds its moment while the timeline grows.
  const base = { from: host.span.from, length: 60_000 };
  const behaviour = zoom<HTMLCanvasElement, unknown>()
    .filter((event: Event) => {
      if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey;
      return !(event instanceof MouseEvent) || (event.button === 0 && !event.ctrlKey);
    })
    .wheelDelta((event) => -event.deltaY * (event.deltaMode === 1 ? 0.05 : event.deltaMode === 2 ? 1 : 0.004))
    .extent(() => [[host.plot.left, 0], [host.plot.left + host.plot.width, canvas.clientHeight]])
    .clickDistance(4)
    .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
      const { transform } = event;
      // Dragging moves the rows too; what a change of scale does to the height is no one's wish.
      if (transform.k === last.k && event.sourceEvent !== null) host.scrollBy(last.y - transform.y);
      last = transform;
      host.look(viewOf(transform));
    });

  const viewOf = ({ k, x }: ZoomTransform): TimelineView => {
    const { left, width } = host.plot;
    const from = base.from + ((left - x) / k - left) * (base.length / width);
    return { from, to: from + base.length / k };
  };

  const sync = () => {
    const all = widestView(host.span, leastLiveMs);
    const { left, width } = host.plot;
    const { from, to } = host.view;
    behaviour.scaleExtent([base.length / (all.to - all.from), base.length / shortestViewMs]);
    const k = base.length / (to - from);
    last = new ZoomTransform(k, left - k * (left + ((from - base.from) / base.length) * width), last.y);
    select(canvas).property('__zoom', last);
  };

  const onWheel = (event: WheelEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (sideways === 0 || Math.abs(sideways) < Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    const { view, plot } = host;
    const by = ((view.to - view.from) * sideways * (event.deltaMode === 1 ? 16 : 1)) / plot.width;
    host.look({ from: view.from + by, to: view.to + by });
  };

  select(canvas).call(behaviour);
  canvas.addEventListener('wheel', onWheel, { passive: false });
  return {
    sync,
    end: () => {
      select(canvas).on('.zoom', null);
      canvas.removeEventListener('wheel', onWheel);
    },
  };
}
