import { randomUUID } from 'node:crypto';
import * as t from 'io-ts';
import { isoTime, type Clock } from '../clock.js';
import { HttpError } from '../http-error.js';
import { newestFirst } from '../newest-first.js';
import type { StateStore } from '../state-store.js';

/** How its client said that a session was done. */
const SessionFinish = t.intersection([t.strict({ status: t.string }), t.exact(t.partial({ detail: t.string }))], 'SessionFinish');
export type SessionFinish = t.TypeOf<typeof SessionFinish>;

const SessionRecord = t.intersection(
  [
    t.strict({
      sessionId: t.string,
      createdAt: t.string,
      tags: t.readonlyArray(t.string),
      userMetadata: t.record(t.string, t.unknown),
      sdkVersion: t.string,
      /** ISO 8601; null while the session is open. */
      expiredAt: t.union([t.string, t.null]),
    }),
    t.exact(t.partial({ projectId: t.string, finished: SessionFinish })),
  ],
  'SessionRecord',
);
export type SessionRecord = t.TypeOf<typeof SessionRecord>;

export interface SessionRegistryOptions {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly sessionTimeoutMs: number;
  /** Told when a session ends, and why. */
  readonly onEnded: (sessionId: string, why: string) => void;
}

/** The sessions, open and ended (wire protocol §9.3). */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions;
  readonly #records = new Map<string, SessionRecord>();
  readonly #lastSign = new Map<string, number>();

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  /**
   * Reads the sessions of earlier runs. One that was open stays open for a full timeout: its client
   * could not send heartbeats while there was no server.
   */
  async load(): Promise<void> {
    for (const record of await this.#options.store.readAll('sessions', SessionRecord)) {
      this.#records.set(record.sessionId, record);
      this.#lastSign.set(record.sessionId, this.#options.clock.now());
    }
  }

  /** A session, open or ended. */
  find(sessionId: string): SessionRecord | undefined {
    return this.#records.get(sessionId);
  }

  /** All sessions, open and ended, newest first. */
  all(): readonly SessionRecord[] {
    return newestFirst([...this.#records.values()]);
  }

  /**
   * Moves a session into a project, also when it has ended.
   * @throws HttpError 404 when there is no such session
   */
  async setProject(sessionId: string, projectId: string): Promise<void> {
    const record = this.#records.get(sessionId);
    if (record === undefined) throw new HttpError(404, `Session not found: ${sessionId}.`);
    const moved = { ...record, projectId };
    this.#records.set(sessionId, moved);
    await this.#write(moved);
  }

  async open(request: Omit<SessionRecord, 'sessionId' | 'createdAt' | 'expiredAt'>): Promise<string> {
    const sessionId = randomUUID();
    const now = this.#options.clock.now();
    const record: SessionRecord = { ...request, sessionId, createdAt: isoTime(now), expiredAt: null };
    this.#records.set(sessionId, record);
    this.#lastSign.set(sessionId, now);
    await this.#write(record);
    return sessionId;
  }

  /**
   * Ends a session because its client is done with it; one that has ended already is left as it is.
   * @throws HttpError 404 when there is no such session
   */
  async finish(sessionId: string, finished: SessionFinish): Promise<void> {
    this.sweep();
    const record = this.#records.get(sessionId);
    if (record === undefined) throw new HttpError(404, `Session not found: ${sessionId}.`);
    if (record.expiredAt !== null) return;
    const ended: SessionRecord = { ...record, finished, expiredAt: isoTime(this.#options.clock.now()) };
    this.#records.set(sessionId, ended);
    this.#options.onEnded(sessionId, 'its client finished it');
    await this.#write(ended);
  }

  /**
   * Notes a sign of life.
   * @throws HttpError 404 when there is no such session, or it has ended; 410 when its client finished it
   */
  touch(sessionId: string): void {
    this.sweep();
    const record = this.#records.get(sessionId);
    if (record === undefined) throw new HttpError(404, `Session not found: ${sessionId}. Create a new session.`);
    if (record.finished !== undefined) throw new HttpError(410, `Session ${sessionId} was finished by its client. Create a new session.`);
    if (record.expiredAt !== null) {
      throw new HttpError(
        404,
        `Session ${sessionId} ended at ${record.expiredAt}: no heartbeat came for ${this.#seconds} s. Create a new session.`,
      );
    }
    this.#lastSign.set(sessionId, this.#options.clock.now());
  }

  /** Ends the sessions whose time is over. */
  sweep(): void {
    const now = this.#options.clock.now();
    for (const [sessionId, lastSign] of this.#lastSign) {
      const record = this.#records.get(sessionId);
      if (record?.expiredAt !== null || now - lastSign <= this.#options.sessionTimeoutMs) continue;
      const ended: SessionRecord = { ...record, expiredAt: isoTime(now) };
      this.#records.set(sessionId, ended);
      // A failed write is in the log already; the session has ended all the same.
      this.#write(ended).catch(() => undefined);
      this.#options.onEnded(sessionId, 'no heartbeat came any more');
    }
  }

  get #seconds(): number {
    return this.#options.sessionTimeoutMs / 1000;
  }

  async #write(record: SessionRecord): Promise<void> {
    await this.#options.store.write(`sessions/${record.sessionId}.json`, record);
  }
}
