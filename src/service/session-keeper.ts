import type { Actor } from 'xstate';
import { dynamicConfig } from '../api/service.js';
import type { Account, Perform } from '../credentials/account.js';
import type { ServiceConfig } from '../config.js';
import type { serviceMachine } from '../machines/service-machine.js';
import type { SessionRequests } from './session-requests.js';
import { SettingsRefresh } from './settings-refresh.js';
import { TinkerError } from '../types/errors.js';
import type { ClientConfig } from '../types/service.js';
import { protocolVersion } from '../types/version.js';
import type { Waiting } from './waiting.js';

/** An open session: its id, and the server's settings. */
export interface OpenSession {
  readonly sessionId: string;
  readonly config: ClientConfig;
}

/** How the session is. */
export interface SessionSnapshot {
  /**
   * `unopened` until something needs it, `opening`, `beating`, `atRisk` after two minutes without a
   * successful heartbeat, `failed` when it could not be opened (the next call tries again), `lost` when
   * the server does not know it any more.
   */
  readonly state: 'unopened' | 'opening' | 'beating' | 'atRisk' | 'failed' | 'lost';
  /** Undefined before it was opened. */
  readonly sessionId: string | undefined;
  /** Milliseconds since the server was heard of last, by a heartbeat or the opening; undefined before. */
  readonly silentMs: number | undefined;
}

/** What keeping the session needs of its service. */
export interface SessionHost {
  readonly config: ServiceConfig;
  readonly actor: Actor<typeof serviceMachine>;
  readonly waiting: Waiting;
  readonly requests: SessionRequests;
  readonly account: Account;
  readonly perform: Perform;
  readonly assertOpen: () => void;
}

/** Under which the opening of the session is waited for. */
export const sessionWait = 'session';

/** Opens the session once for everybody who needs it, and knows how it is. */
export class SessionKeeper {
  readonly #host: SessionHost;
  readonly #refresh: SettingsRefresh;
  /** Told when it is open; of an opening that failed nothing is kept. */
  #opened: ((session: OpenSession) => void) | undefined;
  #opening: Promise<OpenSession> | undefined;
  #session: OpenSession | undefined;
  #lost: TinkerError | undefined;

  constructor(host: SessionHost) {
    this.#host = host;
    const { config, actor, account, perform } = host;
    this.#refresh = new SettingsRefresh(config.environment.clock, account.startUp, (limits) =>
      perform('dynamicConfig', (attempt) => account.http.call(dynamicConfig, { sdkVersion: protocolVersion }, attempt), limits),
    );
    actor.on('session.opened', () => this.#begin());
    actor.on('session.failed', ({ error }) => host.waiting.fail(sessionWait, error));
    actor.on('session.atRisk', ({ silentMs }) => config.onSessionAtRisk({ sessionId: host.requests.sessionId, silentMs }));
    actor.on('session.lost', ({ error }) => {
      this.#lost = error;
      this.#refresh.stop();
      config.onSessionLost(error);
    });
  }

  /** The session that is open, or that is opened now. */
  async session(): Promise<OpenSession> {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#session !== undefined) return this.#session;
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /**
   * Goes on with a session of an earlier process; from then on it is this service's.
   * @throws TinkerError `validation` when another session is open; what the server says when it does not take it
   */
  async adopt(sessionId: string): Promise<OpenSession> {
    const { requests } = this.#host;
    if (this.#session === undefined && this.#opening === undefined) requests.adopted = sessionId;
    try {
      const session = await this.session();
      if (session.sessionId === sessionId) return session;
      throw new TinkerError(
        'validation',
        `resumeTrainingClient: this ServiceClient has opened session ${session.sessionId} already, and the journal's model lives in ${sessionId}. ` +
          'Resume before anything else that opens a session, or with another ServiceClient.',
        { field: 'journal' },
      );
    } finally {
      requests.adopted = undefined;
    }
  }

  snapshot(): SessionSnapshot {
    const { config, requests } = this.#host;
    const { heardAt } = requests;
    return {
      state: this.#opening === undefined ? this.#state() : 'opening',
      sessionId: this.#session?.sessionId,
      silentMs: heardAt === undefined ? undefined : config.environment.now() - heardAt,
    };
  }

  /** Asks for no settings any more. */
  stop(): void {
    this.#refresh.stop();
  }

  async #open(): Promise<OpenSession> {
    const { account, actor, assertOpen, waiting } = this.#host;
    try {
      await account.startUp.done();
      assertOpen();
      return await waiting.settled<OpenSession>(sessionWait, (resolve) => {
        this.#opened = resolve;
        actor.send({ type: 'session.wanted' });
      });
    } finally {
      this.#opening = undefined;
      this.#opened = undefined;
    }
  }

  #begin(): void {
    const { account, requests } = this.#host;
    this.#session = { sessionId: requests.sessionId, config: account.startUp.serverConfig };
    this.#refresh.start();
    this.#opened?.(this.#session);
  }

  #state(): SessionSnapshot['state'] {
    const { session } = this.#host.actor.getSnapshot().children;
    if (session === undefined) return this.#lost === undefined ? 'unopened' : 'lost';
    const state = session.getSnapshot().value;
    return typeof state === 'string' ? state : state.alive.condition;
  }
}
