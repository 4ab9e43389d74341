import type { Band } from '../../model/timeline-layout.js';
import { fittedText, textWidth } from './fit-text.js';
import { paintAxis, paintGrid, paintNow, paintPointer, ticksOf, type Ticks } from './paint-axis.js';
import { paintHovered, paintRows } from './paint-rows.js';
import type { Scene } from './scene.js';

/** Draws the timeline as it is, without the pointer: what is seen of it, and nothing else. */
export function paintTimeline(context: CanvasRenderingContext2D, scene: Scene, hatch: CanvasPattern | null): void {
  const { palette, width, height, pixelRatio, measures } = scene;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, width, height);
  const ticks = ticksOf(scene);
  paintNow(context, scene);
  paintGrid(context, scene, ticks);
  for (const band of seenBands(scene)) paintRows(context, scene, band, hatch);
  context.fillStyle = palette.border;
  context.fillRect(measures.gutter - 1, 0, 1, height);
  paintFrame(context, scene, ticks);
}

/** Draws what the pointer is at upon a timeline that is drawn already. */
export function paintPointed(context: CanvasRenderingContext2D, scene: Scene, hatch: CanvasPattern | null): void {
  if (scene.pointerX === undefined) return;
  context.setTransform(scene.pixelRatio, 0, 0, scene.pixelRatio, 0, 0);
  const ticks = ticksOf(scene);
  if (scene.hovered !== undefined) {
    paintHovered(context, scene, hatch);
    paintFrame(context, scene, ticks);
  }
  paintPointer(context, scene, ticks);
}

/** The names of the groups, and the axis: they stay above the rows. */
function paintFrame(context: CanvasRenderingContext2D, scene: Scene, ticks: Ticks): void {
  for (const band of seenBands(scene)) {
    if (band.lanes === undefined) paintHeader(context, scene, band);
    else paintName(context, scene, band);
  }
  paintAxis(context, scene, ticks);
}

function seenBands({ layout, scrollTop, height, measures }: Scene): Band[] {
  return layout.bands.filter(({ top, bottom }) => bottom > scrollTop && top < scrollTop + height - measures.axisHeight);
}

/** The header of a group; it stays at the top as long as some of its rows are seen. */
function paintHeader(context: CanvasRenderingContext2D, scene: Scene, band: Band): void {
  const { palette, measures, width, scrollTop } = scene;
  const { headerHeight, axisHeight, rem } = measures;
  const group = scene.index.groups[band.group];
  if (group === undefined) return;
  const place = Math.min(Math.max(band.top, scrollTop), band.bottom - headerHeight);
  const y = Math.round(axisHeight + place - scrollTop);
  context.fillStyle = palette.sunken;
  context.fillRect(0, y, width, headerHeight);
  context.fillStyle = palette.border;
  context.fillRect(0, y + headerHeight - 1, width, 1);
  if (band.top > 0 || place > 0) context.fillRect(0, y, width, 1);
  const middle = y + headerHeight / 2 + 0.5;
  context.textBaseline = 'middle';
  context.font = `600 ${rem * 0.85}px ${palette.font}`;
  const all = group.operations.length.toLocaleString('en-US');
  const seen = band.rows.length.toLocaleString('en-US');
  const counted = seen === all ? all : `${seen} of ${all} in view`;
  const start = rem * 0.75;
  const label = fittedText(context, group.label, width - start * 2);
  context.fillStyle = palette.text;
  context.fillText(label, start, middle);
  const after = start + textWidth(context, label) + rem * 0.75;
  context.font = `${rem * 0.78}px ${palette.font}`;
  context.fillStyle = palette.text3;
  if (after + textWidth(context, counted) < width) context.fillText(counted, after, middle);
}

/** The name of a group beside its lanes, and a line below them. */
function paintName(context: CanvasRenderingContext2D, scene: Scene, band: Band): void {
  const { palette, measures, width, scrollTop } = scene;
  const { axisHeight, gutter, rem, nameHeight } = measures;
  const group = scene.index.groups[band.group];
  if (group === undefined) return;
  const top = Math.round(axisHeight + band.top - scrollTop);
  const room = gutter - rem * 1.25;
  context.fillStyle = palette.border;
  context.fillRect(0, Math.round(axisHeight + band.bottom - scrollTop) - 1, width, 1);
  context.textBaseline = 'alphabetic';
  context.font = `600 ${rem * 0.85}px ${palette.font}`;
  context.fillStyle = palette.text;
  context.fillText(fittedText(context, group.name, room), rem * 0.75, top + rem * 1.25);
  context.font = `${rem * 0.75}px ${palette.font}`;
  context.fillStyle = palette.text3;
  const calls = `${group.operations.length.toLocaleString('en-US')} ${group.operations.length === 1 ? 'call' : 'calls'}`;
  const lines = [
    ...(group.kind === 'service' ? [] : [group.id]),
    ...(group.laneCount > 1 ? [calls, `at most ${group.laneCount.toLocaleString('en-US')} at once`] : [calls]),
  ];
  const last = Math.floor((Math.max(nameHeight, band.bottom - band.top) - rem * 1.5) / (rem * 1.05));
  for (const [at, line] of lines.slice(0, last).entries()) {
    context.fillText(fittedText(context, line, room), rem * 0.75, top + rem * (2.3 + at * 1.05));
  }
}

/** Slanted lines for what the server holds back. */
export function hatchPattern(context: CanvasRenderingContext2D, colour: string, pixelRatio: number): CanvasPattern | null {
  const size = Math.round(6 * pixelRatio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const brush = tile.getContext('2d');
  if (brush === null) return null;
  brush.strokeStyle = colour;
  brush.globalAlpha = 0.55;
  brush.lineWidth = size / 4;
  for (const shift of [-size, 0, size]) {
    brush.beginPath();
    brush.moveTo(shift - 1, size + 1);
    brush.lineTo(shift + size + 1, -1);
    brush.stroke();
  }
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix([1 / pixelRatio, 0, 0, 1 / pixelRatio, 0, 0]));
  return pattern;
}
