import type { OperationRecord, PhaseName } from './records.js';
import { known, microseconds, type TraceEvent } from './trace-event.js';

/** Named colours that both readers of the format know. */
const colours: Readonly<Record<PhaseName, string>> = {
  queued: 'grey',
  encoding: 'thread_state_running',
  sending: 'rail_load',
  waiting: 'thread_state_iowait',
  paused: 'bad',
  downloading: 'rail_response',
};

const mostNumbers = 20;

/** From when to when an operation lasts, in microseconds. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** @param lastAt until when the recording goes: where an operation that is open ends */
export function extentOf(record: OperationRecord, lastAt: number): Extent {
  const start = microseconds(record.calledAt);
  return { start, end: Math.max(start, microseconds(record.endedAt ?? lastAt)) };
}

/** The slice of an operation, slices within it for its phases, and instants for its marks. */
export function* operationEvents(record: OperationRecord, { start, end }: Extent, pid: number, tid: number): Generator<TraceEvent> {
  const track = { pid, tid } as const;
  const cname = record.status === 'failed' ? { cname: 'terrible' } : {};
  yield { name: record.kind, ph: 'X', ...track, ts: start, dur: end - start, cat: 'operation', ...cname, args: argsOf(record) };
  const momentOf = (ms: number) => Math.min(Math.max(microseconds(record.calledAt + ms), start), end);
  for (const [index, { name, ms, reason }] of record.phases.entries()) {
    const next = record.phases[index + 1];
    const ts = momentOf(ms);
    const dur = (next === undefined ? end : momentOf(next.ms)) - ts;
    if (dur <= 0) continue;
    yield { name, ph: 'X', ...track, ts, dur, cat: 'phase', cname: colours[name], args: known({ reason }) };
  }
  for (const { name, ms, why } of record.marks) {
    yield { name, ph: 'i', ...track, ts: momentOf(ms), cat: 'mark', s: 't', args: { why } };
  }
}

function argsOf(record: OperationRecord) {
  return known({
    id: record.key,
    status: record.status,
    'still open': record.endedAt === undefined ? true : undefined,
    'seq ids': record.seqIds?.slice(0, mostNumbers),
    'request id': record.requestId,
    bytes: record.bytes,
    parts: record.parts,
    'optimizer steps before': record.optimStepsBefore,
    'queue state': record.queueState,
    reason: record.reason,
    error: record.error === undefined ? undefined : `${record.error.kind}: ${record.error.message}`,
  });
}
