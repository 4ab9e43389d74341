import type { VirtualTime } from '../world/virtual-time.js';

/** What stands in for the real world while a schedule runs. Schedules run one after the other, so there is one at a time. */
export interface WorldOfNow {
  readonly time: VirtualTime;
  readonly uuid: () => string;
  readonly random: () => number;
  /** Timers that keep the process alive. */
  readonly intervals: Set<object>;
  /** Told that something asked for a timer that no environment gave it. */
  readonly onLeak: (what: string) => void;
}

let current: WorldOfNow | undefined;

export function enter(world: WorldOfNow): void {
  current = world;
}

export function leave(): void {
  current = undefined;
}

/** Undefined while modules are loaded. */
export function worldOfNow(): WorldOfNow | undefined {
  return current;
}
