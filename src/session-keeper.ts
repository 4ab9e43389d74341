import type { Actor } from 'xstate';
import type { serviceMachine } from './machines/service-machine.js';
import type { SessionRequests } from './session-requests.js';
import type { TinkerError } from './types/errors.js';
import type { ClientConfig } from './types/service.js';
import type { Waiting } from './waiting.js';

/** An open session: its id, and the server's settings. */
export interface OpenSession {
  readonly sessionId: string;
  readonly config: ClientConfig;
}

/** What keeping the session needs of its service. */
export interface SessionHost {
  readonly actor: Actor<typeof serviceMachine>;
  readonly waiting: Waiting;
  readonly requests: SessionRequests;
  readonly onOpened: (session: OpenSession) => void;
  readonly onLost: (error: TinkerError) => void;
}

const key = 'session';

/** Opens the session once for everybody who needs it, and knows when it is lost. */
export class SessionKeeper {
  readonly #host: SessionHost;
  #opened: (session: OpenSession) => void = () => undefined;
  #opening: Promise<OpenSession> | undefined;
  #session: OpenSession | undefined;
  #lost: TinkerError | undefined;

  constructor(host: SessionHost) {
    this.#host = host;
    host.actor.on('session.opened', () => {
      const { sessionId, serverConfig: config } = host.requests;
      this.#session = { sessionId, config };
      host.onOpened(this.#session);
      this.#opened(this.#session);
    });
    host.actor.on('session.failed', ({ error }) => host.waiting.fail(key, error));
    host.actor.on('session.lost', ({ error }) => {
      this.#lost = error;
      host.onLost(error);
    });
  }

  /** The session that is open, or that is opened now. */
  async session(): Promise<OpenSession> {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#session !== undefined) return this.#session;
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<OpenSession> {
    try {
      return await this.#host.waiting.settled<OpenSession>(key, (resolve) => {
        this.#opened = resolve;
        this.#host.actor.send({ type: 'session.wanted' });
      });
    } finally {
      this.#opening = undefined;
    }
  }
}
