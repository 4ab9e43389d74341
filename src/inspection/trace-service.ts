import type { CheckpointRecord, ErrorRecord, InspectionRecord, MetricsRecord, NoticeRecord, OperationRecord, ServiceRecord } from './records.js';
import { known, microseconds, type TraceEvent } from './trace-event.js';
import { extentOf, operationEvents } from './trace-operation.js';
import { TraceTracks } from './trace-tracks.js';

/** Key of the track for what belongs to no client. */
const noClient = '';

/** What a recording says of one service: a process of the trace. */
export class TraceOfService {
  readonly #id: string;
  readonly #pid: number;
  readonly #tracks: TraceTracks;
  readonly #operations = new Map<string, OperationRecord>();
  readonly #instants = new Map<string, ErrorRecord | NoticeRecord | CheckpointRecord>();
  readonly #metrics = new Map<string, MetricsRecord>();
  readonly #counters: TraceEvent[] = [];
  /** Moments of the newest counters by client: a file repeats what the one before it said last. */
  readonly #countedAt = new Map<string, number>();
  #service: ServiceRecord | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** @param pid number of the process; the real one may be that of several services */
  constructor(id: string, pid: number) {
    this.#id = id;
    this.#pid = pid;
    this.#tracks = new TraceTracks(pid);
    this.#tracks.name(noClient, 'service');
  }

  take(record: InspectionRecord): void {
    this.#lastAt = Math.max(this.#lastAt, record.at);
    switch (record.type) {
      case 'service':
        this.#service = record;
        return;
      case 'training':
        this.#tracks.name(record.key, `training ${record.key}`);
        this.#count(record.key, record.at, { waiting: record.queued, 'in flight': record.inFlightCount });
        return;
      case 'sampling':
        this.#tracks.name(record.key, `sampling ${record.samplingSessionId}`);
        this.#count(record.key, record.at, { waiting: record.waiting, running: record.running });
        return;
      case 'operation':
        this.#operations.set(record.key, record);
        return;
      case 'metrics':
        this.#metrics.set(record.key, record);
        return;
      case 'error':
      case 'notice':
      case 'checkpoint':
        this.#instants.set(`${record.type} ${record.key}`, record);
        return;
      case 'chart':
      case 'actor':
    }
  }

  *events(): Generator<TraceEvent> {
    yield* this.#metadata();
    yield* this.#counters;
    for (const record of this.#metrics.values()) yield* this.#metricsOf(record);
    const operations = [...this.#operations.values()].sort((left, right) => left.calledAt - right.calledAt);
    for (const record of operations) {
      const extent = extentOf(record, this.#lastAt);
      const tid = this.#tracks.place(record.client ?? noClient, extent.start, extent.end);
      yield* operationEvents(record, extent, this.#pid, tid);
    }
    for (const record of this.#instants.values()) yield this.#instantOf(record);
    // Known last: how many tracks there are.
    yield* this.#tracks.metadata();
  }

  *#metadata(): Generator<TraceEvent> {
    const name = this.#service === undefined ? `tinkerjs ${this.#id}` : `tinkerjs ${this.#service.baseUrl} (process ${this.#service.pid})`;
    const base = { ph: 'M', pid: this.#pid, tid: 0, ts: 0 } as const;
    yield { ...base, name: 'process_name', args: { name } };
    yield { ...base, name: 'process_sort_index', args: { sort_index: this.#pid } };
  }

  #count(client: string, at: number, args: Readonly<Record<string, number>>): void {
    if (this.#countedAt.get(client) === at) return;
    this.#countedAt.set(client, at);
    this.#counters.push(this.#counter(`${this.#tracks.labelOf(client)}: queue`, at, args));
  }

  *#metricsOf({ client, at, values }: MetricsRecord): Generator<TraceEvent> {
    for (const [name, value] of Object.entries(values)) yield this.#counter(`${this.#tracks.labelOf(client)}: ${name}`, at, { value });
  }

  #counter(name: string, at: number, args: Readonly<Record<string, number>>): TraceEvent {
    return { name, ph: 'C', pid: this.#pid, tid: 0, ts: microseconds(at), args };
  }

  #instantOf(record: ErrorRecord | NoticeRecord | CheckpointRecord): TraceEvent {
    const base = { ph: 'i', pid: this.#pid, tid: this.#tracks.first(record.client ?? noClient), cat: record.type } as const;
    if (record.type === 'error') {
      const { kind, message, advice, operation, status } = record;
      return { ...base, name: kind, ts: microseconds(record.at), s: 'p', cname: 'terrible', args: known({ message, advice, operation, status }) };
    }
    if (record.type === 'notice') {
      return { ...base, name: record.text, ts: microseconds(record.at), s: 't', args: { level: record.level } };
    }
    const { key: path, step, sizeBytes } = record;
    return { ...base, name: `checkpoint (${record.kind})`, ts: microseconds(record.savedAt), s: 't', args: known({ path, step, sizeBytes }) };
  }
}
