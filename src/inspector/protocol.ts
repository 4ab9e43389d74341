import type { InspectionRecord } from '../inspection/records.js';
import type { ServicePicture } from '../inspection/watcher.js';

/**
 * What the inspector's page and its server say to each other. `GET /api/stream` is a stream of server-sent events:
 * first `hello`, then everything that is kept as `records`, then news as they come. Every event of records has an id; a
 * page that comes back names the last one it saw and is told the rest. A page that reads slowly is told the newest state
 * of everything, not each state between.
 */
export interface Hello {
  /** Differs from one inspector to the next: a page that meets another one begins anew. */
  readonly instance: string;
  /** Version of the records. */
  readonly version: number;
  /** `live` while services may still tell something; `file` for a recording that was opened. */
  readonly source: 'live' | 'file';
  /** Name of the recording, without its folder; absent when live. */
  readonly file?: string;
  /** Whether the program allows control from the page. */
  readonly control: boolean;
  readonly dropped: Dropped;
}

/** What the bounded memory of the inspector had to let go: the oldest. Sent as `dropped` whenever it grows. */
export interface Dropped {
  readonly records: number;
  /** Operations among them. */
  readonly operations: number;
}

/** The data of an event `records`: at most 500 of them. */
export type Records = readonly InspectionRecord[];

/** The data of an event `heartbeat`: sent when there was nothing else to say for five seconds. */
export interface Heartbeat {
  /** What the clock of the program says. */
  readonly at: number;
}

/** `GET /api/snapshot`: the open services as plain data, by their ids; none for a recording. */
export interface Snapshot {
  readonly services: Readonly<Record<string, ServicePicture | { readonly error: string }>>;
}

/** Where the page finds things. */
export const paths = { stream: '/api/stream', snapshot: '/api/snapshot', control: '/api/control' } as const;

/**
 * `POST /api/control`: a {@link ControlCommand} and the service that it is for. Needs the header
 * `authorization: Bearer TOKEN`, the token being in the address that the program printed.
 */
export interface ControlRequest {
  readonly service: string;
  readonly client: string;
  readonly action: 'pause' | 'resume' | 'retry' | 'skip' | 'save';
}

/** What was done, or why not. */
export type ControlReply = { readonly done: string } | { readonly error: string };
