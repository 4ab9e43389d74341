import type { TracedOperation } from './trace-log.js';

/** One event of a trace; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: 'M' | 'X' | 'b' | 'e';
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly id?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A trace in Chrome's JSON format, which Perfetto opens: one process per model, its execution as a row, its waiting times above. */
export function traceJson(sessionId: string, operations: readonly TracedOperation[]): string {
  const models = [...new Set(operations.map(({ on }) => on))];
  const names = models.map((model, index): TraceEvent => ({ name: 'process_name', ph: 'M', pid: index + 1, tid: 1, args: { name: model } }));
  const traceEvents = [...names, ...operations.flatMap((operation) => eventsOf(operation, models.indexOf(operation.on) + 1))];
  return JSON.stringify({ traceEvents, displayTimeUnit: 'ms', otherData: { session_id: sessionId } });
}

function eventsOf({ kind, seqId, requestId, outcome, acceptedAt, startedAt, finishedAt }: TracedOperation, pid: number): TraceEvent[] {
  const place = { pid, tid: 1 };
  // Many wait at once; only asynchronous events may overlap.
  const waiting = { ...place, name: `${kind} waits`, cat: 'queue', id: requestId };
  const args = { seq_id: seqId === undefined ? null : String(seqId), request_id: requestId, outcome };
  return [
    { ...waiting, ph: 'b', ts: acceptedAt * 1000 },
    { ...waiting, ph: 'e', ts: startedAt * 1000 },
    { ...place, name: kind, cat: 'execution', ph: 'X', ts: startedAt * 1000, dur: (finishedAt - startedAt) * 1000, args },
  ];
}
