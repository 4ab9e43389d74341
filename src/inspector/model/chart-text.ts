import type { ActorTransition } from '../../inspection/records.js';
import { nameOf } from './chart-edges.js';

/** States by their own names, without those around them. */
export function stateNames(states: readonly string[]): string {
  return states.map(nameOf).join(' + ');
}

/** What of a transition changed: states that were left, and states that were entered. */
export function changeOf({ from, to }: ActorTransition): { readonly left: readonly string[]; readonly entered: readonly string[] } {
  const left = from.filter((path) => !to.includes(path));
  const entered = to.filter((path) => !from.includes(path));
  // A state that is entered anew is left and entered.
  return left.length + entered.length === 0 ? { left: from, entered: to } : { left, entered };
}

/** What a drawn chart says, in words. */
export function chartText(label: string, states: readonly string[], last: ActorTransition | undefined): string {
  const now = states.length === 0 ? 'in no known state' : `in ${states.join(' and ')}`;
  if (last === undefined) return `${label}: ${now}. No transition yet.`;
  const { left, entered } = changeOf(last);
  return `${label}: ${now}. Last transition: ${last.event}, from ${left.join(' and ') || 'the start'} to ${entered.join(' and ')}.`;
}
