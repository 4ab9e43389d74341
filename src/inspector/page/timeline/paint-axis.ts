import { scaleUtc } from 'd3-scale';
import { momentAt } from '../../model/timeline-view.js';
import { clockText, relativeText } from '../../model/timeline-text.js';
import { textWidth } from './fit-text.js';
import { plotWidth, sceneX, snapped, type Scene } from './scene.js';

export interface Ticks {
  /** Moments. */
  readonly at: readonly number[];
  readonly stepMs: number;
}

/** Ticks at whole seconds, minutes, hours and days after the origin. */
export function ticksOf(scene: Scene): Ticks {
  const { view, origin, measures } = scene;
  const scale = scaleUtc().domain([view.from - origin, view.to - origin]);
  const [least, ...rest] = scale.ticks(Math.max(2, plotWidth(scene) / (measures.rem * 8)));
  // Dates know whole milliseconds only, so that in a very short view some would come twice.
  const offsets = [...new Set([least, ...rest].flatMap((date) => (date === undefined ? [] : [date.getTime()])))];
  const [first = 0, second = first + (view.to - view.from)] = offsets;
  return { at: offsets.map((offset) => origin + offset), stepMs: second - first };
}

export function paintGrid(context: CanvasRenderingContext2D, scene: Scene, ticks: Ticks): void {
  const line = 1 / scene.pixelRatio;
  context.fillStyle = scene.palette.gridLine;
  for (const at of ticks.at) {
    const x = sceneX(scene, at);
    if (x >= scene.measures.gutter) context.fillRect(snapped(scene, x), scene.measures.axisHeight, Math.max(line, 1), scene.height);
  }
}

/** The axis: the distance from the beginning, and the time of day below. */
export function paintAxis(context: CanvasRenderingContext2D, scene: Scene, ticks: Ticks): void {
  const { palette, measures, width, origin } = scene;
  const { rem, gutter, axisHeight } = measures;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, width, axisHeight);
  context.textBaseline = 'alphabetic';
  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, axisHeight);
  context.clip();
  const relativeFont = `500 ${rem * 0.78}px ${palette.font}`;
  const clockFont = `${rem * 0.72}px ${palette.font}`;
  const clockStep = ticks.stepMs >= 86_400_000 ? ticks.stepMs : ticks.stepMs < 1000 ? 1 : 1000;
  let free = gutter;
  for (const at of ticks.at) {
    const x = snapped(scene, sceneX(scene, at));
    context.fillStyle = palette.gridLine;
    context.fillRect(x, rem * 0.45, 1, axisHeight);
    context.font = relativeFont;
    const relative = relativeText(at - origin, ticks.stepMs);
    const relativeWidth = textWidth(context, relative);
    context.font = clockFont;
    const clock = clockText(at, clockStep);
    const room = Math.max(relativeWidth, textWidth(context, clock)) + rem * 0.4;
    // At the right edge a text stands before its tick, if there is room.
    const before = x + room + rem * 0.2 > width;
    if (before && x - room < free) continue;
    const left = before ? x - room : x + rem * 0.4;
    free = left + room;
    context.fillStyle = palette.text3;
    context.fillText(clock, left, rem * 2.05);
    context.font = relativeFont;
    context.fillStyle = palette.text;
    context.fillText(relative, left, rem * 1.15);
  }
  context.restore();
  context.fillStyle = palette.border;
  context.fillRect(0, axisHeight - 1, width, 1);
}

/** The present, and what has not come yet. */
export function paintNow(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette, measures, width, height } = scene;
  if (!scene.live) return;
  const x = snapped(scene, sceneX(scene, scene.now));
  if (x < measures.gutter || x > width) return;
  context.fillStyle = palette.sunken;
  context.fillRect(x, measures.axisHeight, width - x, height);
  context.fillStyle = palette.accent;
  context.fillRect(x, measures.axisHeight, 1, height);
}

/** Where the pointer is in time. */
export function paintPointer(context: CanvasRenderingContext2D, scene: Scene, ticks: Ticks): void {
  const { palette, measures, pointerX, width, height } = scene;
  if (pointerX === undefined || pointerX < measures.gutter) return;
  const { rem, axisHeight } = measures;
  const x = snapped(scene, pointerX);
  context.fillStyle = palette.borderStrong;
  context.fillRect(x, axisHeight, 1, height);
  const moment = momentAt(scene.view, pointerX - measures.gutter, plotWidth(scene));
  const fine = Math.min(100, Math.max(0.001, ticks.stepMs / 100));
  const text = relativeText(moment - scene.origin, fine >= 100 ? 100 : 10 ** Math.floor(Math.log10(fine)));
  context.font = `500 ${rem * 0.78}px ${palette.font}`;
  const badge = textWidth(context, text) + rem * 0.8;
  const left = Math.min(Math.max(measures.gutter, x - badge / 2), width - badge);
  context.fillStyle = palette.text;
  context.beginPath();
  context.roundRect(left, axisHeight - rem * 1.35, badge, rem * 1.2, rem * 0.25);
  context.fill();
  context.fillStyle = palette.surface;
  context.fillText(text, left + rem * 0.4, axisHeight - rem * 0.48);
}
