import type { OperationRecord, PhaseName } from '../../../inspection/records.js';
import { isFailed, operationAt } from '../../model/timeline-index.js';
import { rowsBetween, type Band } from '../../model/timeline-layout.js';
import { eachSegment, endOf } from '../../model/timeline-segments.js';
import { durationText, seqText } from '../../model/timeline-text.js';
import { fittedText, textWidth } from './fit-text.js';
import { paintDense } from './paint-dense.js';
import { paintEndMark, paintMark } from './paint-marks.js';
import { sameRow, sceneX, snapped, type Scene } from './scene.js';

// Below this share of a readable row there is no room for the shapes of marks.
const shapeShare = 0.42;
const gapPixels = 3;
// With more than this in a band, or lanes lower than a pixel, a pixel is many operations.
const mostBars = 2500;

/** What a group is drawn with. */
interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly band: Band;
  readonly hatch: CanvasPattern | null;
  /** Where the last shape of each lane is: those too near to it are strokes only. */
  readonly shapes: Map<number, number>;
}

/** Draws what is seen of a group: each operation's row, or its lanes. */
export function paintRows(context: CanvasRenderingContext2D, scene: Scene, band: Band, hatch: CanvasPattern | null): void {
  const { measures, scrollTop, height } = scene;
  const brush: Brush = { context, scene, band, hatch, shapes: new Map() };
  const [first, end] = rowsBetween(band, scrollTop, scrollTop + height - measures.axisHeight);
  const { lanes, rows } = band;
  if (lanes === undefined) {
    for (let place = first; place < end; place += 1) paintRow(brush, rows[place] ?? 0, place);
    return;
  }
  if (rows.length > mostBars || band.rowHeight * scene.pixelRatio < 1) {
    paintDense(context, scene, band, measures.axisHeight + band.rowsTop - scrollTop);
    if (scene.selected?.group === band.group) paintRow(brush, scene.selected.index, lanes[scene.selected.index] ?? 0);
    return;
  }
  for (const index of rows) {
    const lane = lanes[index] ?? 0;
    if (lane >= first && lane < end) paintRow(brush, index, lane);
  }
}

/** Draws the row that the pointer is at once more, above the others. */
export function paintHovered(context: CanvasRenderingContext2D, scene: Scene, hatch: CanvasPattern | null): void {
  const { hovered } = scene;
  const band = scene.layout.bands.find(({ group }) => group === hovered?.group);
  if (hovered === undefined || band === undefined) return;
  const place = band.lanes?.[hovered.index] ?? band.rows.indexOf(hovered.index);
  paintRow({ context, scene, band, hatch, shapes: new Map() }, hovered.index, place);
}

function paintRow(brush: Brush, index: number, place: number): void {
  const { context, scene, band } = brush;
  const { measures, palette } = scene;
  const row = { group: band.group, index };
  const operation = operationAt(scene.index, row);
  if (operation === undefined) return;
  const y = measures.axisHeight + band.rowsTop - scene.scrollTop + place * band.rowHeight;
  const selected = sameRow(scene.selected, row);
  const marked = selected || sameRow(scene.hovered, row);
  if (marked && band.lanes === undefined) {
    context.fillStyle = selected ? palette.accentSoft : palette.hover;
    context.fillRect(0, snapped(scene, y), scene.width, snapped(scene, band.rowHeight));
  }
  context.save();
  context.beginPath();
  context.rect(measures.gutter, measures.axisHeight, scene.width - measures.gutter, scene.height);
  context.clip();
  const bar = paintBar(brush, operation, y);
  if (marked && band.lanes !== undefined) {
    context.strokeStyle = palette.text;
    context.lineWidth = 1.5;
    context.strokeRect(bar.left - 1, bar.top - 1, bar.right - bar.left + 2, bar.height + 2);
  }
  paintMarks(brush, operation, bar, place);
  paintEnd(brush, operation, bar);
  context.restore();
  if (band.lanes === undefined) paintLabel(context, scene, operation, y, band.rowHeight);
}

function paintBar({ context, scene, band, hatch }: Brush, operation: OperationRecord, y: number): PaintedBar {
  const { measures } = scene;
  const { rowHeight } = band;
  const share = band.lanes === undefined ? 0.42 : 0.2;
  const room = rowHeight >= measures.rowHeight * 0.8 ? rowHeight * share : rowHeight >= gapPixels * 2 ? 2 : rowHeight >= gapPixels ? 1 : 0;
  const height = Math.max(1 / scene.pixelRatio, snapped(scene, rowHeight - room));
  const bar = paintSegments(context, scene, operation, snapped(scene, y + (rowHeight - height) / 2), height, hatch);
  if (band.lanes !== undefined && height >= measures.rem * 0.95) paintName(context, scene, operation, bar);
  return bar;
}

const hasShapes = ({ scene, band }: Brush) => band.rowHeight >= scene.measures.rowHeight * shapeShare;
const markSize = ({ scene, band }: Brush) => Math.min(scene.measures.rem * 0.62, band.rowHeight * 0.62);

function paintMarks(brush: Brush, operation: OperationRecord, bar: PaintedBar, place: number): void {
  const { context, scene, shapes } = brush;
  const size = markSize(brush);
  for (const mark of operation.marks) {
    const x = sceneX(scene, operation.calledAt + mark.ms);
    if (x < scene.measures.gutter || x > scene.width) continue;
    if (hasShapes(brush) && x - (shapes.get(place) ?? -Infinity) > size * 1.2) {
      paintMark(context, mark.name, x, bar.top + bar.height / 2, size, scene.palette.text, scene.palette.surface);
      shapes.set(place, x);
    } else if (brush.band.rowHeight >= gapPixels) {
      context.fillStyle = scene.palette.text;
      context.fillRect(snapped(scene, x), bar.top, 1, bar.height);
    }
  }
}

/** How it ended, and in rows how long it took. */
function paintEnd(brush: Brush, operation: OperationRecord, bar: PaintedBar): void {
  const { context, scene, band } = brush;
  const { measures, palette, width } = scene;
  const middle = bar.top + bar.height / 2;
  const failed = isFailed(operation);
  if (failed && hasShapes(brush)) {
    const shape = operation.status === 'cancelled' ? 'cancelled' : 'failed';
    paintEndMark(context, shape, bar.right, middle, markSize(brush) * 1.25, shape === 'failed' ? palette.bad : palette.text3, palette.surface);
  } else if (failed) {
    const tick = Math.max(bar.height, 4);
    context.fillStyle = palette.bad;
    context.fillRect(snapped(scene, bar.right) - 1, middle - tick / 2, 2, tick);
  } else if (operation.endedAt === undefined && hasShapes(brush) && scene.live) {
    paintGrowing(context, scene, bar.right, middle);
  }
  if (band.lanes !== undefined || operation.endedAt === undefined || bar.right <= measures.gutter) return;
  context.font = `${measures.rem * 0.72}px ${palette.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = failed ? palette.badText : palette.text3;
  const text = durationText(operation.endedAt - operation.calledAt);
  const x = bar.right + measures.rem * (failed ? 0.9 : 0.5);
  if (x + textWidth(context, text) < width) context.fillText(text, x, middle + 0.5);
}

interface PaintedBar {
  readonly top: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  /** The widest of its segments that has room for a text. */
  readonly widest: { readonly from: number; readonly to: number };
}

/** Its name, where the bar has room for it. */
function paintName(context: CanvasRenderingContext2D, scene: Scene, operation: OperationRecord, { widest: { from, to }, top, height }: PaintedBar): void {
  const { rem, gutter } = scene.measures;
  const left = Math.max(from, gutter) + rem * 0.4;
  const marks = operation.marks.map(({ ms }) => sceneX(scene, operation.calledAt + ms) - rem * 0.6).filter((x) => x > from);
  const room = Math.min(to, scene.width, ...marks) - left - rem * 0.3;
  if (room < rem * 2) return;
  context.font = `500 ${rem * 0.74}px ${scene.palette.font}`;
  context.textBaseline = 'middle';
  const full = `${operation.kind} ${seqText(operation)}`;
  const text = textWidth(context, full) <= room ? full : textWidth(context, operation.kind) <= room ? operation.kind : seqText(operation);
  context.fillStyle = scene.palette.onPhase;
  if (textWidth(context, text) <= room) context.fillText(text, left, top + height / 2 + 0.5);
}

/** What is thinner than a pixel is left out, unless all of it is. */
function paintSegments(
  context: CanvasRenderingContext2D,
  scene: Scene,
  operation: OperationRecord,
  top: number,
  height: number,
  hatch: CanvasPattern | null,
): PaintedBar {
  const { palette, measures, width } = scene;
  const least = 1 / scene.pixelRatio;
  const left = snapped(scene, Math.max(sceneX(scene, operation.calledAt), measures.gutter - 8));
  const exactRight = Math.min(sceneX(scene, endOf(operation, scene.now)), width + 8);
  const right = Math.max(snapped(scene, exactRight), left + Math.max(1, least));
  const radius = height >= 6 && right - left >= 12 ? 2 : 0;
  let longest: PhaseName = 'queued';
  let length = -1;
  let segments = 0;
  let widest = { from: left, to: left };
  eachSegment(operation, scene.now, (name, from, to) => {
    if (to - from > length) [longest, length] = [name, to - from];
    const x0 = Math.max(snapped(scene, sceneX(scene, from)), left);
    const x1 = Math.min(snapped(scene, sceneX(scene, to)), right);
    if (x1 - x0 < least || x1 < measures.gutter || x0 > width) return;
    segments += 1;
    context.fillStyle = palette.phases[name];
    if (name === 'queued' && height >= 4) {
      const thin = Math.max(2, snapped(scene, height * 0.3));
      context.fillRect(x0, snapped(scene, top + (height - thin) / 2), x1 - x0, thin);
      return;
    }
    if (name !== 'paused' && x1 - x0 > widest.to - widest.from) widest = { from: x0, to: x1 };
    if (radius > 0) {
      const [start, end] = [x0 <= left ? radius : 0, x1 >= right ? radius : 0];
      context.beginPath();
      context.roundRect(x0, top, x1 - x0, height, [start, end, end, start]);
      context.fill();
    } else {
      context.fillRect(x0, top, x1 - x0, height);
    }
    if (name === 'paused' && height >= 4 && hatch !== null) {
      context.fillStyle = hatch;
      context.fillRect(x0, top, x1 - x0, height);
    }
  });
  if (segments === 0) {
    context.fillStyle = palette.phases[longest];
    context.fillRect(left, top, Math.max(1, least), height);
  }
  return { top, height, left, right, widest };
}

/** Three dots that fade: it goes on. */
function paintGrowing(context: CanvasRenderingContext2D, scene: Scene, right: number, middle: number): void {
  const size = Math.max(2, scene.measures.rem * 0.15);
  context.fillStyle = scene.palette.text3;
  for (const [at, alpha] of [0.9, 0.6, 0.3].entries()) {
    context.globalAlpha = alpha;
    context.fillRect(right + size * 1.5 + at * size * 2, middle - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

function paintLabel(context: CanvasRenderingContext2D, scene: Scene, operation: OperationRecord, y: number, rowHeight: number): void {
  const { palette, measures } = scene;
  const { rem, gutter } = measures;
  const size = Math.min(rem * 0.82, rowHeight * 0.8);
  const middle = y + rowHeight / 2 + 0.5;
  context.font = `${size}px ${palette.font}`;
  context.textBaseline = 'middle';
  const seq = seqText(operation);
  const seqWidth = seq === '' ? 0 : textWidth(context, seq);
  const right = gutter - rem * 0.75;
  context.fillStyle = palette.text3;
  if (seq !== '') context.fillText(seq, right - seqWidth, middle);
  const failed = isFailed(operation);
  const start = rem * 1.25;
  context.fillStyle = failed ? palette.badText : palette.text;
  context.fillText(fittedText(context, operation.kind, right - seqWidth - start - rem * 0.5), start, middle);
}

