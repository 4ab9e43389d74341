import type { InspectionEvent } from 'xstate';
import { ActorWatch } from './actor-watch.js';
import { adviceFor } from './advice.js';
import type { CalledOperation } from './operation-entry.js';
import { OperationLog } from './operation-log.js';
import type { InspectionRecord, NoticeRecord } from './records.js';
import type { Sinks } from './sinks.js';

/** What a trail needs of its service. */
export interface TrailHost {
  /** Id of the service. */
  readonly service: string;
  /** Drives the pause between two tellings. */
  readonly clock: { setTimeout(run: () => void, ms: number): unknown; clearTimeout(timer: unknown): void };
  /** Milliseconds since 1970, never going back. */
  readonly now: () => number;
  readonly sinks: Sinks;
  /** The service and its clients as they are now: told where they differ from what was told last. */
  readonly pictures: () => readonly InspectionRecord[];
}

/** A failure, as a record tells it. */
export interface Failure {
  readonly kind: string;
  readonly message: string;
  readonly status?: number | undefined;
}

const pauseMs = 100;

/**
 * Gathers what happens in a service and tells it to those who watch: at most every tenth of a second, so that many
 * small changes become one record.
 */
export class Trail {
  readonly operations: OperationLog;
  readonly #host: TrailHost;
  readonly #actors: ActorWatch;
  readonly #waiting: InspectionRecord[] = [];
  /** What was told last of each picture. */
  #told: ReadonlyMap<string, string> = new Map();
  #timer: { readonly handle: unknown } | undefined;
  #count = 0;
  #ended = false;

  constructor(host: TrailHost) {
    this.#host = host;
    const changed = () => this.touch();
    this.operations = new OperationLog(host.service, host.now, host.sinks.wantsEveryCall);
    this.#actors = new ActorWatch({ service: host.service, wallNow: host.now, changed });
  }

  /** Takes an inspection event of the actors. */
  readonly next = (event: InspectionEvent): void => this.#actors.next(event);

  /** A call was made. */
  called(operation: CalledOperation): void {
    // Who calls a closed service is refused, and nobody listens any more.
    if (this.#ended) return;
    const { id, kind, group, client } = operation;
    this.#host.sinks.called({ id, kind, group, client, calledAt: this.operations.called(operation) });
    this.touch();
  }

  /** Something went wrong. */
  failed(error: Failure, operation: string | undefined, client: string | undefined): void {
    const { kind, message, status } = error;
    this.tell({
      type: 'error',
      ...this.#numbered(),
      kind,
      message,
      advice: adviceFor(kind, status),
      ...(operation === undefined ? {} : { operation }),
      ...(client === undefined ? {} : { client }),
      ...(status === undefined ? {} : { status }),
    });
  }

  /** Something is worth knowing. */
  notice(level: NoticeRecord['level'], text: string, client?: string): void {
    this.tell({ type: 'notice', ...this.#numbered(), level, text, ...(client === undefined ? {} : { client }) });
  }

  /** Has a record told with the next telling. */
  tell(record: InspectionRecord): void {
    this.#waiting.push(record);
    this.touch();
  }

  /** Something has changed: it is told soon. */
  touch(): void {
    if (this.#timer !== undefined || this.#ended) return;
    this.#timer = { handle: this.#host.clock.setTimeout(() => this.#flush(), pauseMs) };
  }

  /** Tells what is left, and ends. */
  async end(): Promise<void> {
    if (this.#timer !== undefined) this.#host.clock.clearTimeout(this.#timer.handle);
    this.operations.allForgotten();
    this.#flush();
    this.#ended = true;
    await this.#host.sinks.end();
  }

  #flush(): void {
    this.#timer = undefined;
    const records = [...this.#pictures(), ...this.#actors.changes(), ...this.operations.changes(), ...this.#waiting.splice(0)];
    if (records.length > 0) this.#host.sinks.write(records);
  }

  #pictures(): InspectionRecord[] {
    const pictures = this.#host.pictures().map((picture) => {
      return { picture, place: `${picture.type} ${picture.key}`, text: JSON.stringify({ ...picture, at: 0 }) };
    });
    const news = pictures.filter(({ place, text }) => this.#told.get(place) !== text);
    // Only of those that are there still: clients come and go.
    this.#told = new Map(pictures.map(({ place, text }) => [place, text]));
    return news.map(({ picture }) => picture);
  }

  #numbered() {
    this.#count += 1;
    return { service: this.#host.service, key: String(this.#count), at: this.#host.now() };
  }
}
