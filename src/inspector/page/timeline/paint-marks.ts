import type { Mark } from '../../../inspection/records.js';

export type MarkShape = Mark['name'] | 'failed' | 'cancelled';

/** Draws the path of a mark around a place: each kind has its own shape, so that nobody needs its colour. */
export function markPath(context: CanvasRenderingContext2D | Path2D, shape: MarkShape, x: number, y: number, size: number): void {
  const half = size / 2;
  switch (shape) {
    case 'sent again':
      context.moveTo(x, y - half);
      context.lineTo(x + half, y + half * 0.8);
      context.lineTo(x - half, y + half * 0.8);
      context.closePath();
      return;
    case 'poll failed':
      context.moveTo(x, y - half * 1.1);
      context.lineTo(x + half * 1.1, y);
      context.lineTo(x, y + half * 1.1);
      context.lineTo(x - half * 1.1, y);
      context.closePath();
      return;
    case 'asked anew':
      context.rect(x - half * 0.8, y - half * 0.8, half * 1.6, half * 1.6);
      return;
    case 'failed':
      context.moveTo(x - half * 0.55, y - half * 0.55);
      context.lineTo(x + half * 0.55, y + half * 0.55);
      context.moveTo(x + half * 0.55, y - half * 0.55);
      context.lineTo(x - half * 0.55, y + half * 0.55);
      return;
    case 'cancelled':
      context.moveTo(x - half * 0.6, y);
      context.lineTo(x + half * 0.6, y);
  }
}

/** A mark upon a bar, with an edge in the colour behind it so that it stands out from every phase. */
export function paintMark(context: CanvasRenderingContext2D, shape: Mark['name'], x: number, y: number, size: number, fill: string, edge: string): void {
  context.beginPath();
  markPath(context, shape, x, y, size);
  context.lineJoin = 'round';
  context.lineWidth = size * 0.42;
  context.strokeStyle = edge;
  context.stroke();
  context.fillStyle = fill;
  context.fill();
}

/** The end of what failed or was cancelled: a disc with a cross or a stroke. */
export function paintEndMark(context: CanvasRenderingContext2D, shape: 'failed' | 'cancelled', x: number, y: number, size: number, fill: string, edge: string): void {
  context.beginPath();
  context.arc(x, y, size / 2 + 1.5, 0, Math.PI * 2);
  context.fillStyle = edge;
  context.fill();
  context.beginPath();
  context.arc(x, y, size / 2, 0, Math.PI * 2);
  context.fillStyle = fill;
  context.fill();
  context.beginPath();
  markPath(context, shape, x, y, size * 0.85);
  context.lineWidth = Math.max(1.2, size * 0.15);
  context.lineCap = 'round';
  context.strokeStyle = edge;
  context.stroke();
  context.lineCap = 'butt';
}
