import type { Density } from '../../model/timeline-density.js';
import { fitView, xOf, type TimelineView } from '../../model/timeline-view.js';
import { durationText } from '../../model/timeline-text.js';
import type { Palette } from './palette.js';
import type { Measures } from './scene.js';

export interface OverviewScene {
  readonly density: Density;
  /** Width of a column of the density. */
  readonly columnWidth: number;
  readonly span: TimelineView;
  readonly view: TimelineView;
  readonly width: number;
  /** Width in which time is drawn. */
  readonly plot: number;
  readonly height: number;
  readonly pixelRatio: number;
  readonly measures: Measures;
  readonly palette: Palette;
}

/** The whole timeline in a strip, and the part of it that is seen below. */
export function paintOverview(context: CanvasRenderingContext2D, scene: OverviewScene): void {
  const { density, columnWidth, width, plot, height, palette, measures, pixelRatio } = scene;
  const { gutter, rem } = measures;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, width, height);
  const base = height - rem * 0.4;
  const room = base - rem * 0.4;
  for (const { column, open, phase } of density.columns) {
    // The root keeps a single operation visible beside hundreds at once.
    const tall = Math.max(1, room * Math.sqrt(open / density.most));
    context.globalAlpha = 0.85;
    context.fillStyle = palette.phases[phase];
    context.fillRect(gutter + column * columnWidth, base - tall, columnWidth, tall);
  }
  context.globalAlpha = 1;
  const all = fitView(scene.span);
  const from = Math.max(gutter, gutter + xOf(all, scene.view.from, plot));
  const to = Math.min(gutter + plot, gutter + xOf(all, scene.view.to, plot));
  const [left, right] = [Math.min(from, gutter + plot - 3), Math.max(to, from + 3)];
  context.globalAlpha = 0.72;
  context.fillStyle = palette.sunken;
  context.fillRect(gutter, 0, left - gutter, height);
  context.fillRect(right, 0, width - right, height);
  context.globalAlpha = 1;
  context.fillStyle = palette.bad;
  for (const column of density.failures) context.fillRect(gutter + column * columnWidth - 0.5, base + 1, Math.max(2, columnWidth), rem * 0.4);
  context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  context.strokeRect(Math.round(left) + 0.5, 0.5, Math.max(2, Math.round(right - left) - 1), height - 1);
  context.fillStyle = palette.accent;
  for (const x of [left, right - 3]) context.fillRect(Math.round(x), height * 0.3, 3, height * 0.4);
  context.fillStyle = palette.border;
  context.fillRect(gutter - 1, 0, 1, height);
  context.fillRect(0, height - 1, width, 1);
  context.textBaseline = 'middle';
  context.font = `600 ${rem * 0.85}px ${palette.font}`;
  context.fillStyle = palette.text;
  context.fillText(durationText(scene.span.to - scene.span.from), rem * 0.75, height * 0.34);
  context.font = `${rem * 0.75}px ${palette.font}`;
  context.fillStyle = palette.text3;
  context.fillText('in all', rem * 0.75, height * 0.7);
}
