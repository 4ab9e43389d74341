import type { OperationRecord, PhaseName } from '../../../inspection/records.js';
import { eachSegment, endOf } from '../../model/timeline-segments.js';
import { seqText } from '../../model/timeline-text.js';
import { textWidth } from './fit-text.js';
import { sceneX, snapped, type Scene } from './scene.js';

/** Where a bar is. */
export interface PaintedBar {
  readonly top: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  /** The widest of its segments that has room for a text. */
  readonly widest: { readonly from: number; readonly to: number };
}

/** Its name, where the bar has room for it. */
export function paintName(context: CanvasRenderingContext2D, scene: Scene, operation: OperationRecord, { widest: { from, to }, top, height }: PaintedBar): void {
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
export function paintSegments(
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
