import type { ChartState, MachineChart } from '../../../inspection/records.js';
import { spreadRoutes } from '../../model/chart-anchors.js';
import {
  drawingOf,
  joinedParts,
  movedParts,
  type Area,
  type ChartDrawing,
  type DrawingParts,
  type EdgeLine,
  type Point,
} from '../../model/chart-drawing.js';
import { anywhere, drawnEdges, parentOf } from '../../model/chart-edges.js';
import { labelOf, type Measure } from '../../model/chart-labels.js';
import { anywhereSize, margin, padding, runsOf, sizeOf, startLength, startSize, titleHeight } from '../../model/chart-sizes.js';
import { levelGraph, type GraphManner } from './level-graph.js';

export interface LayoutManner extends GraphManner {
  /** Labels of arrows are broken at this width, in pixels. */
  readonly widestLabel: number;
  /** How the regions of a parallel state lie. */
  readonly regions: 'beside' | 'below';
}

/** Where a level begins; no state has this name. */
const start = '*start';
const nowhere: Area = { x: 0, y: 0, width: 0, height: 0 };

/**
 * Lays out a chart. Every level is a graph of its own, and a state that encloses others is a box of the size of its
 * level: so nothing overlaps, and arrows may begin and end at outer states.
 */
export function layoutChart(chart: MachineChart, manner: LayoutManner, measure: Measure): ChartDrawing {
  return drawingOf(levelOf(chart, '', manner, measure), margin);
}

function levelOf(chart: MachineChart, parent: string, manner: LayoutManner, measure: Measure): DrawingParts {
  const states = statesWithin(chart, parent).map((state) => ({ state, inner: innerOf(chart, state, manner, measure) }));
  const edges = drawnEdges(chart)
    .filter((edge) => edge.parent === parent)
    .map((edge) => ({ edge, label: labelOf(edge, manner.widestLabel, measure) }));
  // All regions of a parallel state begin: a dot at each says nothing.
  const initial = isParallel(chart, parent) ? undefined : states.find(({ state }) => state.initial)?.state.path;
  const direction = directionOf(chart, parent, manner);
  const touching = (path: string): number => edges.filter(({ edge: { from, to } }) => from === path || to === path).length;

  const { areas, routes } = levelGraph(
    { ...manner, direction, back: parent === '' ? manner.back : 'walk' },
    [
      // First, since this is where the walk begins that finds which arrows go back.
      ...(initial === undefined ? [] : [{ name: start, ...startSize }]),
      ...states.map(({ state, inner }) => ({ name: state.path, ...sizeOf(state, inner, touching(state.path), direction, measure) })),
      ...(edges.some(({ edge }) => edge.from === anywhere) ? [{ name: anywhere, ...anywhereSize(measure) }] : []),
    ],
    [
      ...(initial === undefined ? [] : [{ from: start, to: initial, label: undefined }]),
      ...edges.map(({ edge: { from, to }, label }) => ({ from, to, label })),
    ],
  );
  const spread = spreadRoutes(routes, areas, direction === 'TB' ? 'y' : 'x');
  const own: DrawingParts = {
    boxes: states.map(({ state, inner }) => ({ ...(areas.get(state.path) ?? nowhere), state, runs: runsOf(state), outer: inner !== undefined })),
    edges: edges.map(({ edge, label }): EdgeLine => {
      const { points = [], middle = nowhere } = spread.find(({ from, to }) => from === edge.from && to === edge.to) ?? {};
      const { width, height } = label;
      return { edge, label, points, area: { x: middle.x - width / 2, y: middle.y - height / 2, width, height } };
    }),
    starts: spread.filter(({ from }) => from === start).map(({ points }) => startOf(points)),
    anywhere: [...areas].filter(([name]) => name === anywhere).map(([, area]) => area),
  };
  return joinedParts([
    own,
    ...states.map(({ state, inner }) => {
      const { x, y } = areas.get(state.path) ?? nowhere;
      return inner === undefined ? joinedParts([]) : movedParts(inner, { x, y: y + titleHeight });
    }),
  ]);
}

const statesWithin = (chart: MachineChart, parent: string): readonly ChartState[] => chart.states.filter(({ path }) => parentOf(path) === parent);

function innerOf(chart: MachineChart, state: ChartState, manner: LayoutManner, measure: Measure): ChartDrawing | undefined {
  return statesWithin(chart, state.path).length === 0 ? undefined : drawingOf(levelOf(chart, state.path, manner, measure), padding);
}

const isParallel = (chart: MachineChart, path: string): boolean => chart.states.some((state) => state.path === path && state.type === 'parallel');

/** Regions have no arrows between them: all of them are in one rank. */
function directionOf(chart: MachineChart, parent: string, { direction, regions }: LayoutManner): 'TB' | 'LR' {
  if (!isParallel(chart, parent)) return direction;
  return regions === 'beside' ? 'TB' : 'LR';
}

/** The dot is near its state, however far away the layout put it. */
function startOf(points: readonly Point[]): readonly Point[] {
  const [before, tip] = points.slice(-2);
  if (before === undefined || tip === undefined) return points;
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const back = startLength / length;
  return [{ x: tip.x + (before.x - tip.x) * back, y: tip.y + (before.y - tip.y) * back }, tip];
}
