import type { MachineChart } from '../../inspection/records.js';
import { isWithin, nameOf } from './chart-edges.js';

/** How a state is coloured while it is active. */
export type StateTone = 'busy' | 'warn' | 'bad' | 'over';

const bad = new Set(['wedged', 'lost', 'failed', 'rollingBack', 'refused', 'unclear', 'uncertain']);
const warning = new Set(['paused', 'billingPaused', 'backingOff', 'throttled', 'atRisk', 'doubting', 'decidingOnBilling']);
const over = new Set(['stopped', 'closed', 'off']);

export function toneOf(path: string): StateTone {
  const name = nameOf(path);
  if (bad.has(name)) return 'bad';
  if (warning.has(name)) return 'warn';
  return over.has(name) ? 'over' : 'busy';
}

/** Whether a machine in these states is in that one, too. */
export const isActive = (path: string, states: readonly string[]): boolean => states.some((state) => isWithin(state, path));

/** The worst of the states that are active in it, for the frame of an outer state. */
export function toneWithin(chart: MachineChart, path: string, states: readonly string[]): StateTone {
  const tones = new Set(chart.states.filter((state) => isWithin(state.path, path) && isActive(state.path, states)).map((state) => toneOf(state.path)));
  return (['bad', 'warn', 'busy', 'over'] as const).find((tone) => tones.has(tone)) ?? 'busy';
}
