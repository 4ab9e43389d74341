import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Attempt, Http } from '../api/http.js';
import type { Route } from '../api/route.js';
import { createSession, sessionHeartbeat } from '../api/service.js';
import type { ServiceConfig } from '../config.js';
import { sessionKeys } from '../machines/session-machine.js';
import type { Work, WorkTable } from '../machines/work.js';
import type { AttemptFailure } from '../types/attempt.js';
import { CreateSessionRequest, SessionHeartbeatRequest, type CreateSessionResponse } from '../types/service.js';
import { protocolVersion } from '../types/version.js';

/** A request whose answer is itself the result. `keep` takes the answer; bytes and key stay the same over attempts. */
export function callWork<O>(idempotencyKey: string, call: (attempt: Attempt) => TaskEither<AttemptFailure, O>, keep: (answer: O) => void): Work {
  return {
    requestType: undefined,
    send: async ({ retryCount, signal, headers }) =>
      E.map((answer: O) => {
        keep(answer);
        return undefined;
      })(await call({ retryCount, signal, headers, idempotencyKey })()),
    receive: () => E.right(undefined),
  };
}

/** The two requests of a session, and what their answers said. */
export class SessionRequests {
  sessionId = '';
  /** A session of an earlier process that is gone on with in place of a new one, where it is still there. */
  adopted: string | undefined;
  /** When the server answered one of them last. */
  heardAt: number | undefined;
  readonly #config: ServiceConfig;
  readonly #http: Http;
  readonly #newIdempotencyKey: () => string;
  readonly #hide: (text: string) => string;

  constructor(config: ServiceConfig, http: Http, newIdempotencyKey: () => string, hide: (text: string) => string) {
    this.#config = config;
    this.#http = http;
    this.#newIdempotencyKey = newIdempotencyKey;
    this.#hide = hide;
  }

  /** Puts the requests where the session's actor finds them. */
  addTo(table: WorkTable): void {
    table.add(sessionKeys.create, this.#create());
    table.add(sessionKeys.heartbeat, this.#heartbeat());
  }

  #create(): Work {
    const { tags, userMetadata, projectId } = this.#config;
    const request = CreateSessionRequest.make({ tags, userMetadata, projectId, sdkVersion: protocolVersion });
    const create = this.#work(createSession, () => request, (answer) => {
      this.sessionId = answer.sessionId;
      this.#hear();
      this.#passOn(answer);
    });
    return { ...create, send: (context) => (this.adopted === undefined ? create : this.#adopt(this.adopted)).send(context) };
  }

  #adopt(sessionId: string): Work {
    return this.#work(sessionHeartbeat, () => SessionHeartbeatRequest.make({ sessionId }), () => {
      this.sessionId = sessionId;
      this.#hear();
    });
  }

  #heartbeat(): Work {
    const input = () => SessionHeartbeatRequest.make({ sessionId: this.sessionId });
    const next = () => this.#work(sessionHeartbeat, input, () => this.#hear());
    // Every beat is a request of its own: under one key, a server could take them all for the first.
    return { ...next(), send: (context) => next().send(context) };
  }

  #hear(): void {
    this.heardAt = this.#config.environment.now();
  }

  /** What the server has to say to the user, at the level at which it says it. */
  #passOn({ infoMessage, warningMessage, errorMessage }: CreateSessionResponse): void {
    const line = (text: string) => `tinkerjs: the server says: ${this.#hide(text)}`;
    if (infoMessage) console.info(line(infoMessage));
    if (warningMessage) console.warn(line(warningMessage));
    if (errorMessage) console.error(line(errorMessage));
  }

  #work<I, O>(route: Route<I, O>, input: () => I, keep: (answer: O) => void): Work {
    return callWork(this.#newIdempotencyKey(), (attempt) => this.#http.call(route, input(), attempt), keep);
  }
}
