import type { OperationRecord } from '../../../inspection/records.js';
import { isFailed, operationAt, type RowRef } from '../../model/timeline-index.js';
import { rowsBetween, type Band } from '../../model/timeline-layout.js';
import { durationText, seqText } from '../../model/timeline-text.js';
import { fittedText, textWidth } from './fit-text.js';
import { paintName, paintSegments, type PaintedBar } from './paint-bar.js';
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

/** A row of an operation's own, or its lane. */
interface Placed {
  readonly index: number;
  readonly place: number;
}

/** Draws what is seen of a group: each operation's row, or its lanes. */
export function paintRows(context: CanvasRenderingContext2D, scene: Scene, band: Band, hatch: CanvasPattern | null): void {
  const { measures, scrollTop, height } = scene;
  const brush: Brush = { context, scene, band, hatch, shapes: new Map() };
  const [first, end] = rowsBetween(band, scrollTop, scrollTop + height - measures.axisHeight);
  const { lanes, rows } = band;
  if (lanes === undefined) {
    paintPlaced(brush, [...rows.subarray(first, end)].map((index, at) => ({ index, place: first + at })));
    return;
  }
  if (rows.length <= mostBars && band.rowHeight * scene.pixelRatio >= 1) {
    paintPlaced(brush, [...rows].map((index) => ({ index, place: lanes[index] ?? 0 })).filter(({ place }) => place >= first && place < end));
    return;
  }
  paintDense(context, scene, band, measures.axisHeight + band.rowsTop - scrollTop);
  if (scene.selected?.group === band.group) paintPlaced(brush, [{ index: scene.selected.index, place: lanes[scene.selected.index] ?? 0 }]);
}

/** Draws the row that the pointer is at once more, above the others. */
export function paintHovered(context: CanvasRenderingContext2D, scene: Scene, hatch: CanvasPattern | null): void {
  const { hovered } = scene;
  const band = scene.layout.bands.find(({ group }) => group === hovered?.group);
  if (hovered === undefined || band === undefined) return;
  const place = band.lanes?.[hovered.index] ?? band.rows.indexOf(hovered.index);
  paintPlaced({ context, scene, band, hatch, shapes: new Map() }, [{ index: hovered.index, place }]);
}

/** Bars first, and upon all of them what befell: a neighbour in the same lane covers no mark. */
function paintPlaced(brush: Brush, placed: readonly Placed[]): void {
  const { context, scene, band } = brush;
  const { measures } = scene;
  const known = placed.flatMap(({ index, place }) => {
    const operation = operationAt(scene.index, { group: band.group, index });
    const y = measures.axisHeight + band.rowsTop - scene.scrollTop + place * band.rowHeight;
    return operation === undefined ? [] : [{ operation, place, y, row: { group: band.group, index } }];
  });
  if (band.lanes === undefined) {
    for (const { row, y } of known) paintBackground(brush, row, y);
    for (const { operation, y } of known) paintLabel(context, scene, operation, y, band.rowHeight);
  }
  context.save();
  context.beginPath();
  context.rect(measures.gutter, measures.axisHeight, scene.width - measures.gutter, scene.height);
  context.clip();
  const bars = known.map(({ operation, y }) => paintBar(brush, operation, y));
  for (const [at, bar] of bars.entries()) {
    const { operation, place, row } = known[at] ?? {};
    if (operation === undefined || place === undefined) continue;
    if (band.lanes !== undefined && (sameRow(scene.selected, row) || sameRow(scene.hovered, row))) paintOutline(brush, bar);
    paintMarks(brush, operation, bar, place);
    paintEnd(brush, operation, bar);
  }
  context.restore();
}

function paintBackground({ context, scene, band }: Brush, row: RowRef, y: number): void {
  const selected = sameRow(scene.selected, row);
  if (!selected && !sameRow(scene.hovered, row)) return;
  context.fillStyle = selected ? scene.palette.accentSoft : scene.palette.hover;
  context.fillRect(0, snapped(scene, y), scene.width, snapped(scene, band.rowHeight));
}

function paintOutline({ context, scene }: Brush, { left, right, top, height }: PaintedBar): void {
  context.strokeStyle = scene.palette.text;
  context.lineWidth = 1.5;
  context.strokeRect(left - 1, top - 1, right - left + 2, height + 2);
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

