import type { OperationRecord, PhaseName } from '../../../inspection/records.js';
import { PhaseColumns } from '../../model/timeline-density.js';
import { isFailed, operationAt } from '../../model/timeline-index.js';
import { rowsBetween, type Band } from '../../model/timeline-layout.js';
import { eachSegment, endOf } from '../../model/timeline-segments.js';
import { durationText, seqText } from '../../model/timeline-text.js';
import { fittedText, textWidth } from './fit-text.js';
import { paintEndMark, paintMark } from './paint-marks.js';
import { plotWidth, sameRow, sceneX, snapped, type Scene } from './scene.js';

// Below these heights of a row there is no room for its name, its marks' shapes, or a gap.
const labelShare = 0.5;
const shapeShare = 0.42;
const gapPixels = 3;

/** Draws the rows of a group that are seen; where a pixel is several rows, what is in most of them. */
export function paintRows(context: CanvasRenderingContext2D, scene: Scene, band: Band, hatch: CanvasPattern | null): void {
  const { layout, measures, scrollTop, height } = scene;
  const [first, end] = rowsBetween(layout, band, scrollTop, scrollTop + height - measures.axisHeight);
  const top = measures.axisHeight + band.rowsTop - scrollTop;
  if (layout.rowHeight * scene.pixelRatio < 1) {
    paintDense(context, scene, band, top);
    return;
  }
  for (let place = first; place < end; place += 1) {
    const row = { group: band.group, index: band.rows[place] ?? 0 };
    const operation = operationAt(scene.index, row);
    if (operation === undefined) continue;
    const y = top + place * layout.rowHeight;
    if (sameRow(scene.selected, row) || sameRow(scene.hovered, row)) {
      context.fillStyle = sameRow(scene.selected, row) ? scene.palette.accentSoft : scene.palette.hover;
      context.fillRect(0, snapped(scene, y), scene.width, Math.max(1, snapped(scene, layout.rowHeight)));
    }
    paintBar(context, scene, operation, y, hatch);
    if (layout.rowHeight >= measures.rowHeight * labelShare) paintLabel(context, scene, operation, y);
  }
}

function paintBar(context: CanvasRenderingContext2D, scene: Scene, operation: OperationRecord, y: number, hatch: CanvasPattern | null): void {
  const { measures, palette, width } = scene;
  const { rowHeight } = scene.layout;
  const room = rowHeight >= measures.rowHeight * 0.8 ? rowHeight * 0.42 : rowHeight >= gapPixels * 2 ? 2 : rowHeight >= gapPixels ? 1 : 0;
  const barHeight = Math.max(1 / scene.pixelRatio, snapped(scene, rowHeight - room));
  const barTop = snapped(scene, y + (rowHeight - barHeight) / 2);
  context.save();
  context.beginPath();
  context.rect(measures.gutter, measures.axisHeight, width - measures.gutter, scene.height);
  context.clip();
  const right = paintSegments(context, scene, operation, barTop, barHeight, hatch);
  const middle = barTop + barHeight / 2;
  const size = Math.min(measures.rem * 0.62, rowHeight * 0.62);
  const shapes = rowHeight >= measures.rowHeight * shapeShare;
  for (const mark of operation.marks) {
    const x = sceneX(scene, operation.calledAt + mark.ms);
    if (x < measures.gutter || x > width) continue;
    if (shapes) {
      paintMark(context, mark.name, x, middle, size, palette.text, palette.surface);
    } else if (rowHeight >= gapPixels) {
      context.fillStyle = palette.text;
      context.fillRect(snapped(scene, x), barTop, 1, barHeight);
    }
  }
  if (isFailed(operation)) {
    const shape = operation.status === 'failed' ? 'failed' : 'cancelled';
    if (shapes) {
      paintEndMark(context, shape, right, middle, size * 1.25, shape === 'failed' ? palette.bad : palette.text3, palette.surface);
    } else {
      context.fillStyle = palette.bad;
      const tick = Math.max(barHeight, 4);
      context.fillRect(snapped(scene, right) - 1, middle - tick / 2, 2, tick);
    }
  } else if (operation.endedAt === undefined && shapes && scene.live) {
    paintGrowing(context, scene, right, middle);
  }
  if (rowHeight >= measures.rowHeight * 0.8 && operation.endedAt !== undefined && right > measures.gutter) {
    context.font = `${measures.rem * 0.72}px ${palette.font}`;
    context.textBaseline = 'middle';
    const text = durationText(operation.endedAt - operation.calledAt);
    const x = right + measures.rem * (isFailed(operation) ? 0.9 : 0.5);
    context.fillStyle = isFailed(operation) ? palette.badText : palette.text3;
    if (x + textWidth(context, text) < width) context.fillText(text, x, middle + 0.5);
  }
  context.restore();
}

/** Gives where the bar ends. What is thinner than a pixel is left out, unless all of it is. */
function paintSegments(
  context: CanvasRenderingContext2D,
  scene: Scene,
  operation: OperationRecord,
  top: number,
  height: number,
  hatch: CanvasPattern | null,
): number {
  const { palette, measures, width } = scene;
  const least = 1 / scene.pixelRatio;
  const left = snapped(scene, Math.max(sceneX(scene, operation.calledAt), measures.gutter - 8));
  const exactRight = Math.min(sceneX(scene, endOf(operation, scene.now)), width + 8);
  const right = Math.max(snapped(scene, exactRight), left + Math.max(1, least));
  const radius = height >= 6 && right - left >= 6 ? 2 : 0;
  let longest: PhaseName = 'queued';
  let length = -1;
  let painted = false;
  eachSegment(operation, scene.now, (name, from, to) => {
    if (to - from > length) [longest, length] = [name, to - from];
    const x0 = Math.max(snapped(scene, sceneX(scene, from)), left);
    const x1 = Math.min(snapped(scene, sceneX(scene, to)), right);
    if (x1 - x0 < least || x1 < measures.gutter || x0 > width) return;
    painted = true;
    context.fillStyle = palette.phases[name];
    if (name === 'queued' && height >= 4) {
      const thin = Math.max(2, snapped(scene, height * 0.3));
      context.fillRect(x0, snapped(scene, top + (height - thin) / 2), x1 - x0, thin);
      return;
    }
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
  if (!painted) {
    context.fillStyle = palette.phases[longest];
    context.fillRect(left, top, Math.max(1, least), height);
  }
  return right;
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

function paintLabel(context: CanvasRenderingContext2D, scene: Scene, operation: OperationRecord, y: number): void {
  const { palette, measures } = scene;
  const { rem, gutter } = measures;
  const { rowHeight } = scene.layout;
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

/** Many rows in each line of pixels: each pixel has the phase that most of it is, fainter where less is open. */
function paintDense(context: CanvasRenderingContext2D, scene: Scene, band: Band, top: number): void {
  const { index, layout, measures, palette, pixelRatio, now } = scene;
  const columns = new PhaseColumns(scene.view, Math.round(plotWidth(scene) * pixelRatio));
  const perLine = 1 / (layout.rowHeight * pixelRatio);
  const lines = Math.ceil(band.rows.length / perLine);
  const pixel = 1 / pixelRatio;
  const failures: { readonly x: number; readonly y: number }[] = [];
  for (let line = 0; line < lines; line += 1) {
    const y = snapped(scene, top) + line * pixel;
    if (y < measures.axisHeight || y > scene.height) continue;
    const end = Math.min(band.rows.length, Math.ceil((line + 1) * perLine));
    for (let place = Math.floor(line * perLine); place < end; place += 1) {
      const operation = operationAt(index, { group: band.group, index: band.rows[place] ?? 0 });
      if (operation === undefined) continue;
      columns.add(operation, now);
      if (isFailed(operation)) failures.push({ x: sceneX(scene, endOf(operation, now)), y });
    }
    columns.each((column, open, phase) => {
      context.globalAlpha = Math.min(1, 0.35 + open * 0.65);
      context.fillStyle = palette.phases[phase];
      context.fillRect(measures.gutter + column * pixel, y, pixel, pixel);
    });
    columns.clear();
  }
  context.globalAlpha = 1;
  context.fillStyle = palette.bad;
  for (const { x, y } of failures) {
    if (x >= measures.gutter) context.fillRect(snapped(scene, x) - 1, y - 1.5, 3, 3);
  }
}
