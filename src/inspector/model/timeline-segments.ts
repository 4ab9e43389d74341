import type { OperationRecord, PhaseName } from '../../inspection/records.js';

/** A stretch of an operation's time, in moments. */
export interface Segment {
  readonly name: PhaseName;
  readonly from: number;
  readonly to: number;
  /** Why it is paused. */
  readonly reason?: string;
}

/** When an operation ends: where it is open, now, but not before its last phase began. */
export function endOf(operation: OperationRecord, now: number): number {
  const { calledAt, endedAt, phases } = operation;
  return Math.max(endedAt ?? now, calledAt + (endedAt === undefined ? (phases.at(-1)?.ms ?? 0) : 0));
}

/**
 * Tells `take` each phase of an operation with its moments, the first from the call and the last until the end. An
 * operation of which no phase is known yet is queued. Makes nothing, so that sweeps over many operations stay cheap.
 */
export function eachSegment(
  operation: OperationRecord,
  now: number,
  take: (name: PhaseName, from: number, to: number, reason: string | undefined) => void,
): void {
  const { calledAt, phases } = operation;
  const end = endOf(operation, now);
  const [first] = phases;
  if (first === undefined) {
    take('queued', calledAt, end, undefined);
    return;
  }
  if (first.ms > 0) take('queued', calledAt, Math.min(calledAt + first.ms, end), undefined);
  for (let index = 0; index < phases.length; index += 1) {
    const phase = phases[index];
    if (phase === undefined) return;
    const next = phases[index + 1];
    const to = next === undefined ? end : Math.min(calledAt + next.ms, end);
    take(phase.name, Math.min(calledAt + phase.ms, to), to, phase.reason);
  }
}

/** The phases of an operation with their moments; those without length are left out, the last one of an open operation is not. */
export function segmentsOf(operation: OperationRecord, now: number): Segment[] {
  const segments: Segment[] = [];
  eachSegment(operation, now, (name, from, to, reason) => {
    segments.push(reason === undefined ? { name, from, to } : { name, from, to, reason });
  });
  return segments.filter(({ from, to }, index) => to > from || index === segments.length - 1);
}

/** Milliseconds of each phase in all, in the order in which they first began. */
export function phaseTotals(operation: OperationRecord, now: number): ReadonlyMap<PhaseName, number> {
  const totals = new Map<PhaseName, number>();
  for (const { name, from, to } of segmentsOf(operation, now)) totals.set(name, (totals.get(name) ?? 0) + to - from);
  return totals;
}
