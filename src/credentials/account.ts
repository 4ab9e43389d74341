import { fixedCredential } from '../api/credential-source.js';
import { createHttp, type Attempt, type Http } from '../api/http.js';
import type { Route } from '../api/route.js';
import { authToken } from '../api/service.js';
import type { Secrets } from '../api/secrets.js';
import type { ServiceConfig } from '../config.js';
import { Credentials, type CredentialOptions } from './credentials.js';
import { secretHeaders } from '../service/headers.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { RequestLimits } from '../machines/request-messages.js';
import { StartUp } from '../service/start-up.js';
import type { ClientConfig } from '../types/service.js';
import type { AttemptFailure } from '../types/attempt.js';

/** Sends something until it is answered definitely. */
export type Perform = <A>(kind: string, send: (attempt: Attempt) => TaskEither<AttemptFailure, A>, limits?: RequestLimits) => Promise<A>;

/** What an account needs of its service. */
export interface AccountHost {
  readonly config: ServiceConfig;
  /** Shared by all accounts of a service: each may see what was sent for another. */
  readonly secrets: Secrets;
  readonly perform: Perform;
  readonly warn: (text: string) => void;
  /** Told of the server's settings as soon as they are known. */
  readonly onSettings?: ((server: ClientConfig) => void) | undefined;
}

// Shorter than the attempts that wait for a refresh.
const refreshLimits: RequestLimits = { attemptTimeoutMs: 10_000, deadlineMs: 20_000 };

/** Somebody at the server: their credentials, the transport that carries them, and the start-up. */
export class Account {
  readonly credentials: Credentials;
  readonly http: Http;
  readonly startUp: StartUp;
  readonly #perform: Perform;

  constructor({ config, secrets, perform, warn, onSettings = () => undefined }: AccountHost, { apiKey, credentialCommand }: CredentialOptions) {
    this.#perform = perform;
    const exchange = async (credential: string, isFirst: boolean): Promise<string> => {
      const http = createHttp({ ...config, credentials: { ...fixedCredential(credential), secrets } });
      const send = (attempt: Attempt) => http.call(authToken, {}, attempt);
      return (await perform('authToken', send, isFirst ? {} : refreshLimits)).jwt;
    };
    this.credentials = new Credentials({ apiKey, credentialCommand, environment: config.environment, secrets, exchange, warn });
    for (const [name, value] of secretHeaders(config.headers)) secrets.add(value, name);
    this.http = createHttp({ ...config, credentials: this.credentials });
    const ask = <I, O>(kind: string, route: Route<I, O>, input: I) => perform(kind, (attempt) => this.http.call(route, input, attempt));
    this.startUp = new StartUp(ask, this.credentials, onSettings);
  }

  /** Sends something until it is answered definitely, after the start-up. */
  async perform<A>(kind: string, send: (attempt: Attempt) => TaskEither<AttemptFailure, A>): Promise<A> {
    await this.startUp.done();
    return this.#perform(kind, send);
  }
}
