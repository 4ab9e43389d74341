import nock from 'nock';
import * as t from 'io-ts';

/** A request as it went out. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body, byte for byte. */
  readonly text: string;
}

export interface NockAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** How many requests get this answer; default 1. */
  readonly times?: number;
}

/** A JSON body, or raw text. */
type Answer = Readonly<Record<string, unknown>> | string;

const prefix = '/api/v1/';
const Outgoing = t.type({ method: t.string, path: t.string, headers: t.UnknownRecord });

/** The API behind nock: every answer is laid out before, every request that went out is kept. */
export class NockApi {
  static readonly url = 'http://tinker.test';
  static readonly apiKey = 'tml-nock-key';
  readonly sent: SentRequest[] = [];
  readonly #scope: nock.Scope;
  #receipts = 0;

  constructor() {
    nock.disableNetConnect();
    this.#scope = nock(NockApi.url, { reqheaders: { 'x-api-key': NockApi.apiKey } });
    this.#scope.on('request', (request: unknown, _: unknown, text: string) => {
      if (!Outgoing.is(request)) throw new TypeError('nock tells of a request without method, path or headers');
      const { method, path, headers } = request;
      this.sent.push({ method, path, headers, text });
    });
  }

  /** Lays an answer out for the next POST to an endpoint, in the order of these calls. */
  answer(endpoint: string, body: Answer, { status = 200, headers = {}, times = 1 }: NockAnswer = {}): this {
    this.#scope.post(`${prefix}${endpoint}`).times(times).reply(status, body, headers);
    return this;
  }

  /** Accepts the next operation at an endpoint; its poll finds the result, or a failed future. */
  accept(endpoint: string, result: Answer): this {
    this.#receipts += 1;
    const requestId = `receipt-${this.#receipts}`;
    this.answer(endpoint, { request_id: requestId });
    this.#scope.post(`${prefix}retrieve_future`, { request_id: requestId, allow_metadata_only: true }).reply(200, result);
    return this;
  }

  /** What a session needs, should one be opened: settings, the session itself, any number of heartbeats. */
  openSession(config: Answer = {}): this {
    this.#scope.post(`${prefix}client/config`).optionally().times(10).reply(200, config);
    this.#scope.post(`${prefix}client/dynamic_config`).optionally().times(10).reply(404, { detail: 'Not Found' });
    this.#scope.post(`${prefix}create_session`).optionally().reply(200, { session_id: 'S' });
    this.#scope.post(`${prefix}session_heartbeat`).optionally().times(10_000).reply(200, {});
    return this;
  }

  /** The requests to one endpoint, in order. */
  to(endpoint: string): readonly SentRequest[] {
    return this.sent.filter(({ path }) => path === `${prefix}${endpoint}`);
  }

  /** The bodies sent to one endpoint, in order. */
  texts(endpoint: string): readonly string[] {
    return this.to(endpoint).map(({ text }) => text);
  }

  /** The endpoints in the order in which they were called, polls and heartbeats left out. */
  get calls(): readonly string[] {
    const background = new Set(['retrieve_future', 'session_heartbeat']);
    return this.sent.map(({ path }) => path.slice(prefix.length)).filter((endpoint) => !background.has(endpoint));
  }

  /** Answers that nobody asked for. */
  get unused(): readonly string[] {
    return this.#scope.pendingMocks();
  }

  close(): void {
    nock.cleanAll();
    nock.enableNetConnect();
  }
}
