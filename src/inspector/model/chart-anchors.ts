import type { Area, Point } from './chart-drawing.js';

/** A line between two boxes, named by them. */
export interface Route {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

/** Which side of a box lines touch: the one that faces the rank before or after it. */
export type Axis = 'x' | 'y';

interface End {
  readonly route: Route;
  readonly last: boolean;
  readonly area: Area;
  /** The point before the box, or after it. */
  readonly near: Point;
  /** Whether the line touches the box where its coordinate is larger. */
  readonly far: boolean;
}

/** How far lines go straight before they bend. */
const stem = 10;

/**
 * Spreads the ends of lines along the sides of their boxes, in the order in which they come in, so that lines which a
 * layout aims at the middle of a box can be told apart. `axis` is the one along which ranks follow each other.
 */
export function spreadRoutes<R extends Route>(routes: readonly R[], areas: ReadonlyMap<string, Area>, axis: Axis): readonly R[] {
  const across = axis === 'y' ? 'x' : 'y';
  const ends = routes.flatMap((route) => (route.from === route.to ? [] : endsOf(route, areas, axis)));
  const anchors = new Map<Route, { first?: readonly Point[]; last?: readonly Point[] }>();
  for (const group of grouped(ends)) {
    const sorted = group.toSorted((one, other) => one.near[across] - other.near[across]);
    for (const [index, end] of sorted.entries()) {
      const points = anchorOf(end, axis, (index + 1) / (sorted.length + 1));
      anchors.set(end.route, { ...anchors.get(end.route), ...(end.last ? { last: points.toReversed() } : { first: points }) });
    }
  }
  return routes.map((route) => {
    const { first = route.points.slice(0, 1), last = route.points.slice(-1) } = anchors.get(route) ?? {};
    return { ...route, points: [...first, ...route.points.slice(1, -1), ...last] };
  });
}

function endsOf(route: Route, areas: ReadonlyMap<string, Area>, axis: Axis): End[] {
  return [false, true].flatMap((last): End[] => {
    const area = areas.get(last ? route.to : route.from);
    const near = route.points.at(last ? -2 : 1);
    if (area === undefined || near === undefined) return [];
    return [{ route, last, area, near, far: near[axis] > middleOf(area)[axis] }];
  });
}

function grouped(ends: readonly End[]): readonly (readonly End[])[] {
  const groups = new Map<Area, { readonly near: End[]; readonly far: End[] }>();
  for (const end of ends) {
    const group = groups.get(end.area) ?? { near: [], far: [] };
    group[end.far ? 'far' : 'near'].push(end);
    groups.set(end.area, group);
  }
  return [...groups.values()].flatMap(({ near, far }) => [near, far]);
}

/** Where a line touches its box, and a point straight ahead of it. */
function anchorOf({ area, far }: End, axis: Axis, share: number): readonly Point[] {
  const sign = far ? 1 : -1;
  if (axis === 'y') {
    const [x, y] = [area.x + area.width * share, far ? area.y + area.height : area.y];
    return [{ x, y }, { x, y: y + sign * stem }];
  }
  const [x, y] = [far ? area.x + area.width : area.x, area.y + area.height * share];
  return [{ x, y }, { x: x + sign * stem, y }];
}

const middleOf = ({ x, y, width, height }: Area): Point => ({ x: x + width / 2, y: y + height / 2 });
