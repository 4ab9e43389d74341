import { type TraceEvent } from './trace-event.js';

interface Client {
  readonly label: string;
  readonly index: number;
  readonly lanes: Lane[];
}

interface Lane {
  readonly tid: number;
  /** When its last slice ends, in microseconds. */
  end: number;
}

const lanesPerClient = 10_000;

/** The tracks of a service: one for each client, and more where its operations overlap, since slices of a track must not. */
export class TraceTracks {
  readonly #pid: number;
  readonly #clients = new Map<string, Client>();
  #lastTid = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Names a client; those named first are shown first. */
  name(client: string, label: string): void {
    if (!this.#clients.has(client)) this.#clients.set(client, { label, index: this.#clients.size, lanes: [] });
  }

  labelOf(client: string): string {
    return this.#find(client).label;
  }

  /** The track for what has no length. */
  first(client: string): number {
    const { lanes } = this.#find(client);
    return (lanes[0] ?? this.#add(lanes)).tid;
  }

  /** A track that is free for a slice; slices are placed in the order in which they begin. */
  place(client: string, start: number, end: number): number {
    const { lanes } = this.#find(client);
    const lane = lanes.find((other) => other.end <= start) ?? this.#add(lanes);
    lane.end = end;
    return lane.tid;
  }

  /** Names and order of the tracks. */
  *metadata(): Generator<TraceEvent> {
    for (const { label, index, lanes } of this.#clients.values()) {
      for (const [number, { tid }] of lanes.entries()) {
        const name = number === 0 ? label : `${label} (${number + 1})`;
        const base = { ph: 'M', pid: this.#pid, tid, ts: 0 } as const;
        yield { ...base, name: 'thread_name', args: { name } };
        yield { ...base, name: 'thread_sort_index', args: { sort_index: index * lanesPerClient + number } };
      }
    }
  }

  #find(client: string): Client {
    const found = this.#clients.get(client) ?? { label: client, index: this.#clients.size, lanes: [] };
    this.#clients.set(client, found);
    return found;
  }

  #add(lanes: Lane[]): Lane {
    this.#lastTid += 1;
    const lane = { tid: this.#lastTid, end: Number.NEGATIVE_INFINITY };
    lanes.push(lane);
    return lane;
  }
}
