import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Attempt, Http } from './api/http.js';
import type { Route } from './api/route.js';
import { clientConfig, createSession, sessionHeartbeat } from './api/service.js';
import type { ServiceConfig } from './config.js';
import { sessionKeys } from './machines/session-machine.js';
import type { Work, WorkTable } from './machines/work.js';
import type { AttemptFailure } from './types/attempt.js';
import { CreateSessionRequest, defaultClientConfig, SessionHeartbeatRequest, type ClientConfig } from './types/service.js';
import { protocolVersion } from './types/version.js';

/** A request whose answer is itself the result. `keep` takes the answer; bytes and key stay the same over attempts. */
export function callWork<O>(idempotencyKey: string, call: (attempt: Attempt) => TaskEither<AttemptFailure, O>, keep: (answer: O) => void): Work {
  return {
    requestType: undefined,
    send: async ({ retryCount, signal }) =>
      E.map((answer: O) => {
        keep(answer);
        return undefined;
      })(await call({ retryCount, signal, idempotencyKey })()),
    receive: () => E.right(undefined),
  };
}

/** The three requests of a session, and what their answers said. */
export class SessionRequests {
  sessionId = '';
  serverConfig: ClientConfig = defaultClientConfig;
  readonly #config: ServiceConfig;
  readonly #http: Http;
  readonly #newIdempotencyKey: () => string;

  constructor(config: ServiceConfig, http: Http, newIdempotencyKey: () => string) {
    this.#config = config;
    this.#http = http;
    this.#newIdempotencyKey = newIdempotencyKey;
  }

  /** Puts the requests where the session's actor finds them. */
  addTo(table: WorkTable): void {
    table.add(sessionKeys.config, this.#readConfig());
    table.add(sessionKeys.create, this.#create());
    table.add(sessionKeys.heartbeat, this.#heartbeat());
  }

  /** Older self-hosted servers have no settings to give: the defaults apply. */
  #readConfig(): Work {
    const work = this.#work(clientConfig, () => ({ sdkVersion: protocolVersion }), (config) => {
      this.serverConfig = config;
    });
    return {
      ...work,
      send: async (context) => {
        const sent = await work.send(context);
        return E.isLeft(sent) && sent.left.error.status === 404 ? E.right(undefined) : sent;
      },
    };
  }

  #create(): Work {
    const { tags, userMetadata, projectId } = this.#config;
    const request = CreateSessionRequest.make({ tags, userMetadata, projectId, sdkVersion: protocolVersion });
    return this.#work(createSession, () => request, ({ sessionId }) => {
      this.sessionId = sessionId;
    });
  }

  #heartbeat(): Work {
    const input = () => SessionHeartbeatRequest.make({ sessionId: this.sessionId });
    const next = () => this.#work(sessionHeartbeat, input, () => undefined);
    // Every beat is a request of its own: under one key, a server could take them all for the first.
    return { ...next(), send: (context) => next().send(context) };
  }

  #work<I, O>(route: Route<I, O>, input: () => I, keep: (answer: O) => void): Work {
    return callWork(this.#newIdempotencyKey(), (attempt) => this.#http.call(route, input(), attempt), keep);
  }
}
