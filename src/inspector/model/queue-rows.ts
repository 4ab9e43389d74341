import type { TrainingRecord } from '../../inspection/records.js';

/** A line of a training client's queue. */
export interface QueueRow {
  readonly id: string;
  /** From 1, in the order in which results come. */
  readonly order: number;
  readonly stage: 'sending' | 'in flight' | 'waiting';
  readonly kind: string;
  /** Absent once it is sent. */
  readonly bytes?: number;
  /** How many requests; absent where that is not known. */
  readonly requests?: number;
  /** Empty until it is sent. */
  readonly seqIds: readonly number[];
  /** What the server says of it; absent where it says nothing. */
  readonly queueState?: string;
}

export interface QueueView {
  readonly rows: readonly QueueRow[];
  /** Operations that are not among the rows. */
  readonly more: number;
}

/** What is being sent, what is on its way, and what waits; at most so many rows. */
export function queueView(training: TrainingRecord, most = 100): QueueView {
  const { sending, inFlight, queue } = training;
  const rows: QueueRow[] = [];
  const add = (row: Omit<QueueRow, 'order'>) => {
    if (rows.length < most) rows.push({ ...row, order: rows.length + 1 });
  };
  if (sending !== undefined) {
    add({ id: sending.id, stage: 'sending', kind: sending.kind, seqIds: sending.seqIds, ...(sending.seqIds.length > 0 && { requests: sending.seqIds.length }) });
  }
  for (const { id, kind, seqIds, queueState } of inFlight) {
    if (id === sending?.id) continue;
    add({ id, stage: 'in flight', kind, seqIds, requests: seqIds.length, ...(queueState !== undefined && { queueState }) });
  }
  for (const { id, kind, bytes, parts } of queue) add({ id, stage: 'waiting', kind, bytes, requests: parts, seqIds: [] });
  const alsoInFlight = sending !== undefined && inFlight.some(({ id }) => id === sending.id);
  const all = (sending === undefined || alsoInFlight ? 0 : 1) + training.inFlightCount + training.queued;
  return { rows, more: Math.max(0, all - rows.length) };
}

/** `17`, `17–20`, `17, 19`, nothing before it is sent. */
export function seqIdText(seqIds: readonly number[]): string {
  const [first] = seqIds;
  const last = seqIds.at(-1);
  if (first === undefined || last === undefined) return '';
  if (seqIds.length === 1) return String(first);
  return last - first === seqIds.length - 1 ? `${first}–${last}` : seqIds.slice(0, 3).join(', ') + (seqIds.length > 3 ? ', …' : '');
}
