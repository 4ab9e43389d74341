import type { OperationRecord } from '../../inspection/records.js';

/** Operations of one client, in the order in which they were called. */
export interface TimelineGroup {
  /** `service`, or the client's key. */
  readonly id: string;
  readonly kind: OperationRecord['group'];
  /** What it is: `Service`, `Training client`, `Sampling client`. */
  readonly name: string;
  /** The same with its id. */
  readonly label: string;
  readonly operations: readonly OperationRecord[];
  /** When each was called; sorted. */
  readonly calls: Float64Array;
  /** When each ended; Infinity while it is open. */
  readonly ends: Float64Array;
  /** The latest end up to each: sorted, so that a window's first row is found without looking at all. */
  readonly latestEnds: Float64Array;
  /** The lowest lane that was free when each was called: those of a lane never overlap. No call changes it later. */
  readonly lanes: Int32Array;
  /** The most that were open at once. */
  readonly laneCount: number;
}

export interface TimelineIndex {
  readonly groups: readonly TimelineGroup[];
  readonly count: number;
  readonly open: number;
  /** When the first was called; Infinity without operations. */
  readonly from: number;
  /** When the last one ended that has ended, or was called; -Infinity without operations. */
  readonly to: number;
}

/** Which operations are shown. */
export interface TimelineFilter {
  /** Id of a group; undefined for all. */
  readonly group?: string | undefined;
  /** A kind, such as `optimStep`; undefined for all. */
  readonly kind?: string | undefined;
  /** `failed`: what failed or was cancelled; `troubled`: that, what met with retries or pauses, and what was slow. */
  readonly only?: 'failed' | 'troubled' | undefined;
}

/** Whether it leaves anything out. */
export function isFiltering({ group, kind, only }: TimelineFilter): boolean {
  return group !== undefined || kind !== undefined || only !== undefined;
}

/** A row: its group, and its place among the group's operations. */
export interface RowRef {
  readonly group: number;
  readonly index: number;
}

const kindOrder = { service: 0, training: 1, sampling: 2 } as const;
const kindNames = { service: 'Service', training: 'Training client', sampling: 'Sampling client' } as const;
const slowFactor = 3;

export function indexOperations(operations: readonly OperationRecord[], filter: TimelineFilter = {}): TimelineIndex {
  const byGroup = new Map<string, OperationRecord[]>();
  const slow = filter.only === 'troubled' ? slowerThan(operations) : undefined;
  for (const operation of operations) {
    const id = groupIdOf(operation);
    if (filter.group !== undefined && filter.group !== id) continue;
    if (filter.kind !== undefined && filter.kind !== operation.kind) continue;
    if (filter.only !== undefined && !isFailed(operation) && !(slow !== undefined && (isHindered(operation) || slow(operation)))) continue;
    const members = byGroup.get(id);
    if (members === undefined) byGroup.set(id, [operation]);
    else members.push(operation);
  }
  const groups = [...byGroup].map(([id, members]) => groupOf(id, members));
  groups.sort((a, b) => kindOrder[a.kind] - kindOrder[b.kind] || (a.calls[0] ?? 0) - (b.calls[0] ?? 0));
  let from = Infinity;
  let to = -Infinity;
  let open = 0;
  let count = 0;
  for (const { calls, ends } of groups) {
    count += calls.length;
    from = Math.min(from, calls[0] ?? Infinity);
    to = Math.max(to, calls.at(-1) ?? -Infinity);
    for (const end of ends) {
      if (end === Infinity) open += 1;
      else if (end > to) to = end;
    }
  }
  return { groups, count, open, from, to };
}

/** Whether it failed, or was cancelled. */
export function isFailed({ status }: OperationRecord): boolean {
  return status === 'failed' || status === 'cancelled';
}

function isHindered({ marks, phases }: OperationRecord): boolean {
  return marks.length > 0 || phases.some(({ name }) => name === 'paused');
}

/** Whether an operation took several times as long as half of its kind. */
function slowerThan(operations: readonly OperationRecord[]): (operation: OperationRecord) => boolean {
  const lengths = new Map<string, number[]>();
  for (const { kind, calledAt, endedAt } of operations) {
    if (endedAt === undefined) continue;
    const known = lengths.get(kind);
    if (known === undefined) lengths.set(kind, [endedAt - calledAt]);
    else known.push(endedAt - calledAt);
  }
  const limits = new Map([...lengths].map(([kind, ms]) => [kind, (Float64Array.from(ms).sort()[ms.length >> 1] ?? 0) * slowFactor]));
  return ({ kind, calledAt, endedAt }) => endedAt !== undefined && endedAt - calledAt > (limits.get(kind) ?? Infinity);
}

export function groupIdOf({ group, client }: OperationRecord): string {
  return client ?? group;
}

function groupOf(id: string, members: OperationRecord[]): TimelineGroup {
  const sorted = members.every((operation, at) => (members[at - 1]?.calledAt ?? -Infinity) <= operation.calledAt);
  if (!sorted) members.sort((a, b) => a.calledAt - b.calledAt);
  const calls = Float64Array.from(members, ({ calledAt }) => calledAt);
  const ends = Float64Array.from(members, ({ endedAt }) => endedAt ?? Infinity);
  const latestEnds = new Float64Array(ends.length);
  let latest = -Infinity;
  for (const [at, end] of ends.entries()) {
    latest = Math.max(latest, end);
    latestEnds[at] = latest;
  }
  const kind = members[0]?.group ?? 'service';
  const name = kindNames[kind];
  const label = kind === 'service' ? name : `${name} ${id}`;
  return { id, kind, name, label, operations: members, calls, ends, latestEnds, ...lanesOf(calls, ends) };
}

function lanesOf(calls: Float64Array, ends: Float64Array): { readonly lanes: Int32Array; readonly laneCount: number } {
  const lanes = new Int32Array(calls.length);
  const busyUntil: number[] = [];
  for (const [at, call] of calls.entries()) {
    let lane = 0;
    while ((busyUntil[lane] ?? -Infinity) > call) lane += 1;
    busyUntil[lane] = ends[at] ?? Infinity;
    lanes[at] = lane;
  }
  return { lanes, laneCount: busyUntil.length };
}

/** Place of the first number that is greater than `value`, in sorted numbers. */
export function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Places of a group's operations of which some part lies within a window, in order. */
export function rowsWithin(group: TimelineGroup, from: number, to: number): Int32Array {
  const first = firstAbove(group.latestEnds, from);
  const end = firstAbove(group.calls, to);
  const rows = new Int32Array(Math.max(0, end - first));
  let count = 0;
  for (let index = first; index < end; index += 1) {
    if ((group.ends[index] ?? 0) <= from) continue;
    rows[count] = index;
    count += 1;
  }
  return rows.subarray(0, count);
}

/** The operation of a row; undefined where there is none any more. */
export function operationAt(index: TimelineIndex, row: RowRef): OperationRecord | undefined {
  return index.groups[row.group]?.operations[row.index];
}

/** Where an operation is now; undefined where it is not shown. */
export function rowOf(index: TimelineIndex, operation: OperationRecord): RowRef | undefined {
  const group = index.groups.findIndex(({ id }) => id === groupIdOf(operation));
  const found = index.groups[group];
  if (found === undefined) return undefined;
  for (let at = firstAbove(found.calls, operation.calledAt) - 1; at >= 0 && found.calls[at] === operation.calledAt; at -= 1) {
    const same = found.operations[at];
    if (same?.key === operation.key && same.service === operation.service) return { group, index: at };
  }
  return undefined;
}

/** The row after or before one, over the borders of groups; undefined at the ends. */
export function neighbourOf(index: TimelineIndex, row: RowRef, step: 1 | -1): RowRef | undefined {
  const at = row.index + step;
  const { length } = index.groups[row.group]?.operations ?? [];
  if (at >= 0 && at < length) return { group: row.group, index: at };
  const group = row.group + step;
  const next = index.groups[group];
  return next === undefined ? undefined : { group, index: step === 1 ? 0 : next.operations.length - 1 };
}
