import type { InspectionRecord } from '../../../src/inspection/records.js';
import type { InspectedCall, RecordSink, WatchedService, Watcher } from '../../../src/inspection/watcher.js';

type Type = InspectionRecord['type'];
type RecordOf<T extends Type> = Extract<InspectionRecord, { readonly type: T }>;

/** Keeps all that it is told. */
export class Gathered implements Watcher {
  readonly told: InspectionRecord[] = [];
  /** Each telling on its own. */
  readonly tellings: (readonly InspectionRecord[])[] = [];
  readonly calls: InspectedCall[] = [];
  readonly services: WatchedService[] = [];
  ends = 0;
  readonly #more: Partial<RecordSink>;

  /** @param more what its sinks do besides */
  constructor(more: Partial<RecordSink> = {}) {
    this.#more = more;
  }

  watch(service: WatchedService): RecordSink {
    this.services.push(service);
    return {
      ...this.#more,
      write: (records) => {
        this.tellings.push(records);
        this.told.push(...records);
      },
      called: (call) => {
        this.calls.push(call);
      },
      end: async () => {
        await this.#more.end?.();
        this.ends += 1;
      },
    };
  }

  /** The service that is watched. */
  get service(): WatchedService {
    const [service] = this.services;
    if (service === undefined) throw new Error('no service is watched');
    return service;
  }

  /** All records of a type, in the order of the telling. */
  all<T extends Type>(type: T): RecordOf<T>[] {
    return this.told.filter((record): record is RecordOf<T> => record.type === type);
  }

  /** The newest record of each key. */
  newest<T extends Type>(type: T): RecordOf<T>[] {
    return [...new Map(this.all(type).map((record) => [record.key, record])).values()];
  }

  /** The newest record of a key. */
  record<T extends Type>(type: T, key: string): RecordOf<T> {
    const found = this.all(type).findLast((record) => record.key === key);
    if (found === undefined) throw new Error(`no ${type} ${key} was told`);
    return found;
  }

  /** The newest record of the last operation of a kind that was called. */
  operation(kind: string): RecordOf<'operation'> {
    const found = this.newest('operation').findLast((record) => record.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} was told`);
    return found;
  }

  /** Its phases as text: name, milliseconds, reason. Without the download, which takes real time. */
  phases(kind: string): string[] {
    const { phases } = this.operation(kind);
    return phases.filter(({ name }) => name !== 'downloading').map(({ name, ms, reason }) => `${name} ${ms}${reason === undefined ? '' : ` ${reason}`}`);
  }

  /** Its marks as text. */
  marks(kind: string): string[] {
    return this.operation(kind).marks.map(({ name, ms, why }) => `${name} ${ms}: ${why}`);
  }
}
