import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Frame, StepRange } from '../../model/metrics-frame.js';
import { useWidth } from '../chart/use-width.js';
import { plotOptions, type PlotTalk } from './plot-options.js';

interface Props extends PlotTalk {
  readonly frame: Frame;
  readonly range: StepRange;
  readonly label: string;
  readonly text: string;
}

/** Of the page's text size; charts grow with it. */
const heightRem = 15;

/** Curves that uPlot draws. It lives as long as its number of curves and its size of text stay the same. */
export function Plot({ frame, range, label, text, point, zoom, reset }: Props) {
  const { ref, width } = useWidth();
  const plot = useRef<uPlot | undefined>(undefined);
  const talk = useRef<PlotTalk>({ point, zoom, reset });
  talk.current = { point, zoom, reset };
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 14;
  const curves = frame.length - 1;
  const height = Math.round(heightRem * rem);
  const known = width > 0;

  useLayoutEffect(() => {
    const place = ref.current;
    if (place === null || !known) return undefined;
    const passedOn: PlotTalk = {
      point: (index) => talk.current.point(index),
      zoom: (wanted) => talk.current.zoom(wanted),
      reset: () => talk.current.reset(),
    };
    const made = new uPlot(plotOptions({ width: place.clientWidth, height, unit: rem / 14, curves, label }, passedOn), undefined, place);
    plot.current = made;
    const themes = new MutationObserver(() => made.redraw(false, true));
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      themes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [ref, known, curves, label, rem, height]);

  useLayoutEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width, height]);

  useLayoutEffect(() => {
    const drawn = plot.current;
    drawn?.batch(() => {
      drawn.setData(frame, false);
      drawn.setScale('x', { min: range.from, max: range.to });
    });
  }, [frame, range.from, range.to, known, curves, label, rem, height]);

  return <div class="metric-plot" ref={ref} style={{ height: `${height}px` }} role="img" aria-label={text} />;
}
