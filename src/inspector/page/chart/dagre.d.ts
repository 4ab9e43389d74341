/** What is used of dagre: its own declarations name each other in a way that `nodenext` does not resolve. */
declare module '@dagrejs/dagre' {
  export interface Box {
    readonly width: number;
    readonly height: number;
  }

  export interface Placed extends Box {
    /** The middle. */
    readonly x: number;
    readonly y: number;
  }

  export interface PlacedEdge {
    readonly points: readonly { readonly x: number; readonly y: number }[];
    /** The middle of its label; absent without one. */
    readonly x?: number;
    readonly y?: number;
  }

  export interface Manner {
    readonly rankdir: 'TB' | 'LR';
    readonly nodesep: number;
    readonly edgesep: number;
    readonly ranksep: number;
    readonly acyclicer?: 'greedy';
  }

  export interface EdgeManner extends Partial<Box> {
    readonly labelpos?: 'l' | 'c' | 'r';
    readonly labeloffset?: number;
    readonly weight?: number;
    readonly minlen?: number;
  }

  export class Graph {
    constructor(options: { readonly multigraph: boolean });
    setGraph(manner: Manner): this;
    graph(): Box;
    setNode(name: string, size: Box): this;
    setEdge(from: string, to: string, manner: EdgeManner): this;
    node(name: string): Placed;
    edge(from: string, to: string): PlacedEdge;
  }

  export function layout(graph: Graph): void;
}
