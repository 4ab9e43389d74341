import type { ChartTransition, MachineChart } from '../../inspection/records.js';

/** Where transitions of the root begin in a drawing; no state has this path. */
export const anywhere = '*';

/** An arrow between two siblings, and everything that takes a machine along it. */
export interface DrawnEdge {
  /** Unique within its chart. */
  readonly id: string;
  /** Path of the state that encloses both ends; empty for the root. */
  readonly parent: string;
  readonly from: string;
  readonly to: string;
  readonly transitions: readonly ChartTransition[];
}

/** What stays where it is: transitions that change the context only, or enter their own state anew. */
export interface StandingEvents {
  /** Path of the state; empty for the root. */
  readonly state: string;
  readonly transitions: readonly ChartTransition[];
}

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** Whether a state is another one, or lies within it. */
export const isWithin = (path: string, outer: string): boolean => outer === '' || path === outer || path.startsWith(`${outer}.`);

/** Whether it leads nowhere else. */
export function isStanding({ from, to }: ChartTransition): boolean {
  return to.length === 0 || (from !== '' && to.every((path) => path === from));
}

/** Transitions between the same two states share an arrow. */
export function drawnEdges(chart: MachineChart): readonly DrawnEdge[] {
  const edges = new Map<string, DrawnEdge>();
  for (const transition of chart.transitions) {
    if (isStanding(transition)) continue;
    for (const target of transition.to) {
      const end = endsOf(transition.from, target);
      const id = `${end.from}→${end.to}`;
      edges.set(id, { id, ...end, transitions: [...(edges.get(id)?.transitions ?? []), transition] });
    }
  }
  return [...edges.values()];
}

/**
 * The ends of an arrow are lifted to the level on which they are siblings, since every level is laid out on its own;
 * an arrow to a state from within it, or to within it, is drawn at the state itself.
 */
function endsOf(source: string, target: string): Pick<DrawnEdge, 'parent' | 'from' | 'to'> {
  if (source === '') return { parent: parentOf(target), from: anywhere, to: target };
  if (isWithin(source, target)) return { parent: parentOf(target), from: target, to: target };
  if (isWithin(target, source)) return { parent: parentOf(source), from: source, to: source };
  const [from, to] = [source.split('.'), target.split('.')];
  const shared = from.findIndex((name, depth) => name !== to[depth]);
  return {
    parent: from.slice(0, shared).join('.'),
    from: from.slice(0, shared + 1).join('.'),
    to: to.slice(0, shared + 1).join('.'),
  };
}

export function standingEvents(chart: MachineChart): readonly StandingEvents[] {
  const groups = new Map<string, ChartTransition[]>();
  for (const transition of chart.transitions.filter(isStanding)) {
    groups.set(transition.from, [...(groups.get(transition.from) ?? []), transition]);
  }
  return [...groups].map(([state, transitions]) => ({ state, transitions }));
}
