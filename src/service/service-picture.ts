import type { ServiceRecord } from '../inspection/records.js';
import type { ServiceSnapshot } from './service-snapshot.js';
import { version } from '../types/version.js';

/** What the picture of a service is taken of. */
export interface ServicePictureHost {
  readonly id: string;
  readonly baseUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly snapshot: () => ServiceSnapshot;
}

/** A service as inspection tells it, and the heartbeats that only inspection counts. */
export class ServicePicture {
  readonly #host: ServicePictureHost;
  readonly #startedAt: number;
  #closed: { readonly at: number; readonly state: ServiceRecord['session']['state'] } | undefined;
  #heartbeats = 0;
  #failedHeartbeats = 0;
  #heartbeatMs: number | undefined;
  #heardAt: number | undefined;
  #billingPausedAt = 0;

  constructor(host: ServicePictureHost) {
    this.#host = host;
    this.#startedAt = host.now();
  }

  get id(): string {
    return this.#host.id;
  }

  /** The session was opened. */
  opened(): void {
    this.#heardAt = this.#host.now();
  }

  /** A heartbeat was answered after so many milliseconds, or not. */
  heartbeat(ms: number | undefined): void {
    if (ms === undefined) {
      this.#failedHeartbeats += 1;
      return;
    }
    this.#heartbeats += 1;
    this.#heartbeatMs = Math.round(ms * 10) / 10;
    this.#heardAt = this.#host.now();
  }

  /** It is about to be closed: with its actors goes what they know of the session. */
  close(): void {
    const { now, snapshot } = this.#host;
    this.#closed = { at: now(), state: snapshot().session.state };
  }

  record(): ServiceRecord {
    const { id, baseUrl, now, snapshot } = this.#host;
    const at = now();
    const { session, billingPausedMs } = snapshot();
    const { state, sessionId } = session;
    return {
      type: 'service',
      service: id,
      key: '',
      at,
      baseUrl,
      version,
      nodeVersion: process.version,
      pid: process.pid,
      startedAt: this.#startedAt,
      ...(this.#closed === undefined ? {} : { closedAt: this.#closed.at }),
      session: {
        state: this.#closed?.state ?? state,
        ...(sessionId === undefined ? {} : { id: sessionId }),
        ...(this.#heardAt === undefined ? {} : { heardAt: this.#heardAt }),
        heartbeats: this.#heartbeats,
        failedHeartbeats: this.#failedHeartbeats,
        ...(this.#heartbeatMs === undefined ? {} : { heartbeatMs: this.#heartbeatMs }),
      },
      ...this.#billing(at, billingPausedMs),
    };
  }

  /** The clock is read twice for it: a moment that differs by that only is the same. */
  #billing(at: number, pausedMs: number | undefined): Pick<ServiceRecord, 'billingPausedAt'> {
    if (pausedMs === undefined) return {};
    const since = Math.round(at - pausedMs);
    if (Math.abs(since - this.#billingPausedAt) > 1) this.#billingPausedAt = since;
    return { billingPausedAt: this.#billingPausedAt };
  }
}
