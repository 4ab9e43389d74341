import type { InspectionRecord } from './records.js';

/** One event of Chrome's trace format; moments and durations are microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** Slice, instant, counter or metadata. */
  readonly ph: 'X' | 'i' | 'C' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Slices only. */
  readonly dur?: number;
  readonly cat?: string;
  readonly cname?: string;
  /** How wide an instant is: its process, or its thread. */
  readonly s?: 'p' | 't';
  readonly args?: Readonly<Record<string, string | number | boolean | readonly number[]>>;
}

/** Turns records into events of Chrome's trace format: the list `traceEvents` of a trace file. */
export function* traceEvents(records: Iterable<InspectionRecord>): Generator<TraceEvent> {
  for (const record of records) yield { name: record.type, ph: 'i', pid: 1, tid: 1, ts: record.at * 1000, s: 't' };
}
