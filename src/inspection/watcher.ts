import type { InspectionRecord } from './records.js';

/**
 * Watches services: what the option `inspect` takes beside xstate's own observers. `startInspector`, recordings and the
 * OpenTelemetry adapter are watchers.
 */
export interface Watcher {
  /** A service begins. Must not throw; what it throws is said on the console, and the service goes on unwatched. */
  watch(service: WatchedService): RecordSink;
}

/** A service that is watched. */
export interface WatchedService {
  /** As in its records. */
  readonly id: string;
  /** The whole service as plain data: what people copy into a report. Not for use from within `watch`. */
  readonly snapshot: () => ServicePicture;
  /**
   * Does what is safe to do from outside; gives a sentence on what was done.
   * @throws TinkerError `validation` where the client is unknown or not in the state for it
   */
  readonly control: (command: ControlCommand) => Promise<string>;
}

/** Plain data that JSON carries. */
export interface ServicePicture {
  readonly service: object;
  /** By model id. */
  readonly trainings: Readonly<Record<string, object>>;
  /** By actor id. */
  readonly samplings: Readonly<Record<string, object>>;
}

/** `pause` lets what has begun finish and begins nothing more; `retry` and `skip` decide on a wedged operation. */
export interface ControlCommand {
  readonly action: 'pause' | 'resume' | 'retry' | 'skip' | 'save';
  /** The training client: its model's id. */
  readonly client: string;
}

/** Takes what is told of one service. */
export interface RecordSink {
  /** Takes records in the order in which things happened; what changes often is told at most every tenth of a second. */
  write(records: readonly InspectionRecord[]): void;
  /**
   * Told of every call at once, from within it: the caller's asynchronous context is the present one. Where any sink of a
   * service has this, every operation has a record; else quick samples beyond 200 a second have none.
   */
  called?(call: InspectedCall): void;
  /**
   * Headers to add to the requests of an operation, the same for each of them; names in small letters. They add to what a
   * request says itself: a sink that names one of the request's own headers is told nothing more.
   */
  headersOf?(operation: string): Readonly<Record<string, string>>;
  /** The service is closed; everything has been written. */
  end(): void | Promise<void>;
}

/** A call at the moment in which it is made. */
export interface InspectedCall {
  readonly id: string;
  readonly kind: string;
  readonly group: 'training' | 'sampling' | 'service';
  /** Key of the client's record; undefined for the service itself. */
  readonly client: string | undefined;
  readonly calledAt: number;
}

/** Whether something given as `inspect` is a watcher rather than an observer of xstate's. */
export function isWatcher(given: object): given is Watcher {
  return 'watch' in given && typeof given.watch === 'function';
}
