import { isMachineSnapshot, type AnyStateMachine, type SnapshotStatus, type StateValue } from 'xstate';

/** What of a machine's snapshot concerns its states. */
export interface MachineState {
  readonly machine: AnyStateMachine;
  readonly value: StateValue;
  readonly status: SnapshotStatus;
}

/** Undefined for the snapshots of other actors. */
export function machineState(snapshot: unknown): MachineState | undefined {
  return isMachineSnapshot(snapshot) ? snapshot : undefined;
}

/** How an actor is. */
export function statusOf(actor: { getSnapshot(): { readonly status: SnapshotStatus } }): SnapshotStatus {
  return actor.getSnapshot().status;
}

/** Paths of the states that are active, without their parents. */
export function activeStates(value: StateValue, parent = ''): readonly string[] {
  if (typeof value === 'string') return [`${parent}${value}`];
  return Object.entries(value).flatMap(([key, below = {}]) => {
    const inside = activeStates(below, `${parent}${key}.`);
    // A part of a parallel state may have no states itself.
    return inside.length === 0 ? [`${parent}${key}`] : inside;
  });
}

/** Whether two values mean the same states; quick for machines without states inside of states. */
export function sameStates(one: StateValue, other: StateValue): boolean {
  return one === other || (typeof one === 'object' && String(activeStates(one)) === String(activeStates(other)));
}

/** The states that only one of two values means: left and entered. All of them where nothing differs: they were entered anew. */
export function leftAndEntered(before: StateValue, after: StateValue): { readonly from: readonly string[]; readonly to: readonly string[] } {
  const [from, to] = [activeStates(before), activeStates(after)];
  if (sameStates(before, after)) return { from, to };
  return { from: from.filter((path) => !to.includes(path)), to: to.filter((path) => !from.includes(path)) };
}
