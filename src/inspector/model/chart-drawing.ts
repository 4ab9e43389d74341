import type { ChartState } from '../../inspection/records.js';
import type { DrawnEdge } from './chart-edges.js';
import type { Label } from './chart-labels.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle; x and y are its upper left corner. */
export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

export interface StateBox extends Area {
  readonly state: ChartState;
  /** What runs in it, as one text; empty when nothing does. */
  readonly runs: string;
  /** Whether other states are drawn within it. */
  readonly outer: boolean;
}

export interface EdgeLine {
  readonly edge: DrawnEdge;
  readonly points: readonly Point[];
  readonly label: Label;
  /** The label's place. */
  readonly area: Area;
}

/** A chart as it is drawn, in pixels; nothing in it depends on which states are active. */
export interface ChartDrawing {
  readonly width: number;
  readonly height: number;
  /** Outer boxes before what they enclose. */
  readonly boxes: readonly StateBox[];
  readonly edges: readonly EdgeLine[];
  /** Lines from the dots at which levels begin to the states that they begin with. */
  readonly starts: readonly (readonly Point[])[];
  /** Where arrows from anywhere begin. */
  readonly anywhere: readonly Area[];
}

/** Parts of a drawing, wherever they lie. */
export type DrawingParts = Omit<ChartDrawing, 'width' | 'height'>;

export function movedParts({ boxes, edges, starts, anywhere }: DrawingParts, by: Point): DrawingParts {
  const moved = <A extends Point>(point: A): A => ({ ...point, x: point.x + by.x, y: point.y + by.y });
  return {
    boxes: boxes.map(moved),
    edges: edges.map((line) => ({ ...line, points: line.points.map(moved), area: moved(line.area) })),
    starts: starts.map((points) => points.map(moved)),
    anywhere: anywhere.map(moved),
  };
}

export function joinedParts(parts: readonly DrawingParts[]): DrawingParts {
  return {
    boxes: parts.flatMap(({ boxes }) => boxes),
    edges: parts.flatMap(({ edges }) => edges),
    starts: parts.flatMap(({ starts }) => starts),
    anywhere: parts.flatMap(({ anywhere }) => anywhere),
  };
}

/** A drawing with a margin around everything in it, lines included. */
export function drawingOf(parts: DrawingParts, margin: number): ChartDrawing {
  const areas = [...parts.boxes, ...parts.anywhere, ...parts.edges.map(({ area }) => area)];
  const corners: Point[] = [
    ...areas.flatMap(({ x, y, width, height }) => [{ x, y }, { x: x + width, y: y + height }]),
    ...parts.edges.flatMap(({ points }) => points),
    ...parts.starts.flat(),
  ];
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const [left, top] = [Math.min(...xs, Infinity), Math.min(...ys, Infinity)];
  if (corners.length === 0) return { ...parts, width: 2 * margin, height: 2 * margin };
  return {
    ...movedParts(parts, { x: margin - left, y: margin - top }),
    width: Math.ceil(Math.max(...xs) - left + 2 * margin),
    height: Math.ceil(Math.max(...ys) - top + 2 * margin),
  };
}
