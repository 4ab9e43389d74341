import { Graph, layout } from '@dagrejs/dagre';
import type { Route } from '../../model/chart-anchors.js';
import type { Area, Point } from '../../model/chart-drawing.js';
import type { Size } from '../../model/chart-sizes.js';

const spacings = {
  wide: { nodesep: 26, edgesep: 16, ranksep: 34, aside: 8 },
  close: { nodesep: 16, edgesep: 10, ranksep: 26, aside: 8 },
  narrow: { nodesep: 8, edgesep: 5, ranksep: 26, aside: 4 },
} as const;

export interface GraphManner {
  /** Top down, or left to right. */
  readonly direction: 'TB' | 'LR';
  /** How much room there is between lines, and around labels. */
  readonly spacing: keyof typeof spacings;
  /** Which arrows count as going back: as few as possible, or those that a walk from the first node finds. */
  readonly back: 'few' | 'walk';
}

export interface GraphNode extends Size {
  readonly name: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Size of its label; absent without one. */
  readonly label: Size | undefined;
}

export interface PlacedRoute extends Route {
  /** The middle of its label. */
  readonly middle: Point;
}

export interface PlacedGraph {
  readonly areas: ReadonlyMap<string, Area>;
  readonly routes: readonly PlacedRoute[];
}

/** Places nodes, edges and labels, none of them upon another. */
export function levelGraph(manner: GraphManner, nodes: readonly GraphNode[], edges: readonly GraphEdge[]): PlacedGraph {
  const graph = new Graph({ multigraph: false });
  const { aside, ...spacing } = spacings[manner.spacing];
  graph.setGraph({ rankdir: manner.direction, ...spacing, ...(manner.back === 'few' ? { acyclicer: 'greedy' } : {}) });
  for (const { name, width, height } of nodes) graph.setNode(name, { width, height });
  for (const { from, to, label } of edges) {
    graph.setEdge(from, to, label === undefined ? { weight: 4 } : { width: label.width + aside, height: label.height + 4, labelpos: 'c' });
  }
  layout(graph);
  const areas = new Map<string, Area>();
  for (const { name } of nodes) {
    const { x, y, width, height } = graph.node(name);
    areas.set(name, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const routes = edges.map(({ from, to }): PlacedRoute => {
    const { points, x = 0, y = 0 } = graph.edge(from, to);
    return { from, to, points, middle: { x, y } };
  });
  return { areas, routes };
}
