import { PhaseColumns } from '../../model/timeline-density.js';
import { isFailed } from '../../model/timeline-index.js';
import type { Band } from '../../model/timeline-layout.js';
import { endOf } from '../../model/timeline-segments.js';
import { plotWidth, sceneX, snapped, type Scene } from './scene.js';

/**
 * Draws lanes of which a pixel is many operations: each pixel has the phase that most of it is, fainter where less of it
 * is anything at all. Lanes lower than a pixel are drawn together. What failed is never lost in it.
 */
export function paintDense(context: CanvasRenderingContext2D, scene: Scene, band: Band, top: number): void {
  const { index, measures, palette, pixelRatio, now } = scene;
  const pixel = 1 / pixelRatio;
  const perLine = Math.max(1, Math.ceil(pixel / band.rowHeight));
  const columns = new PhaseColumns(scene.view, Math.round(plotWidth(scene) * pixelRatio));
  const failures: { readonly x: number; readonly y: number }[] = [];
  const gap = band.rowHeight >= 6 ? 2 : band.rowHeight >= 3 ? 1 : 0;
  const height = Math.max(pixel, snapped(scene, band.rowHeight * perLine - gap));
  const operations = index.groups[band.group]?.operations ?? [];
  for (const [line, rows] of byLine(band, perLine)) {
    const y = snapped(scene, top + line * perLine * band.rowHeight + gap / 2);
    if (y + height < measures.axisHeight || y > scene.height) continue;
    for (const row of rows) {
      const operation = operations[row];
      if (operation === undefined) continue;
      columns.add(operation, now);
      if (isFailed(operation)) failures.push({ x: sceneX(scene, endOf(operation, now)), y });
    }
    paintLine(context, scene, columns, y, height);
    columns.clear();
  }
  context.globalAlpha = 1;
  context.fillStyle = palette.bad;
  for (const { x, y } of failures) {
    if (x >= measures.gutter) context.fillRect(snapped(scene, x) - 1, y - 1, 2.5, Math.max(4, height + 2));
  }
}

/** Neighbours that look the same are drawn at once. */
function paintLine(context: CanvasRenderingContext2D, scene: Scene, columns: PhaseColumns, y: number, height: number): void {
  const pixel = 1 / scene.pixelRatio;
  const { gutter } = scene.measures;
  let run: { readonly from: number; readonly phase: string; readonly alpha: number; to: number } | undefined;
  const flush = () => {
    if (run === undefined) return;
    context.globalAlpha = run.alpha;
    context.fillStyle = run.phase;
    context.fillRect(gutter + run.from * pixel, y, (run.to - run.from) * pixel, height);
  };
  columns.each((column, open, name) => {
    const phase = scene.palette.phases[name];
    const alpha = Math.round(Math.min(1, 0.45 + open * 0.55) * 10) / 10;
    if (run?.to === column && run.phase === phase && run.alpha === alpha) {
      run.to = column + 1;
      return;
    }
    flush();
    run = { from: column, phase, alpha, to: column + 1 };
  });
  flush();
}

/** What is seen, by the line of pixels that its lane is in. */
function byLine(band: Band, perLine: number): ReadonlyMap<number, readonly number[]> {
  const lines = new Map<number, number[]>();
  for (const row of band.rows) {
    const line = Math.floor((band.lanes?.[row] ?? 0) / perLine);
    const known = lines.get(line);
    if (known === undefined) lines.set(line, [row]);
    else known.push(row);
  }
  return lines;
}
