import type { ActorTransition, ChartTransition, MachineChart } from '../../inspection/records.js';
import { isStanding, isWithin } from './chart-edges.js';

/**
 * The transitions of a chart that an actor took last: the one that its event led to, and those that followed at once
 * because they wait for no event. Empty when the chart does not tell.
 */
export function transitionsTaken(chart: MachineChart, last: ActorTransition): readonly ChartTransition[] {
  const leading = chart.transitions.filter((transition) => !isStanding(transition));
  const entered = last.to.filter((path) => !last.from.includes(path));
  const goals = entered.length === 0 ? last.to : entered;
  const reaches = ({ to }: ChartTransition) => to.some((target) => goals.some((goal) => isWithin(goal, target)));
  const leaves = ({ from }: ChartTransition, paths: readonly string[]) => paths.some((path) => isWithin(path, from));

  const named = leading.filter((transition) => transition.event === last.event && leaves(transition, last.from));
  const direct = named.filter(reaches);
  if (direct.length > 0) return direct.slice(0, 1);
  const beginnings = [...named.map((transition) => [transition]), ...freely(leading, last.from).map((next) => [next])];
  const known = new Set<ChartTransition>(beginnings.flat());
  for (const way of beginnings) {
    const end = way.at(-1);
    if (end === undefined) continue;
    if (reaches(end)) return way;
    for (const next of freely(leading, end.to).filter((transition) => !known.has(transition))) {
      known.add(next);
      beginnings.push([...way, next]);
    }
  }
  return leading.filter((transition) => leaves(transition, last.from) && reaches(transition)).slice(0, 1);
}

/** Those that wait for no event and may be taken in one of these states, or in what they enclose. */
function freely(leading: readonly ChartTransition[], paths: readonly string[]): readonly ChartTransition[] {
  return leading.filter(({ event, from }) => event === 'always' && paths.some((path) => isWithin(path, from) || isWithin(from, path)));
}
