import { parseJson, serverText } from '../api/failure.js';
import { Secrets } from '../api/secrets.js';
import { isRecord } from '../types/check.js';
import { TinkerError } from '../types/errors.js';

/** A JSON object on the wire. */
export type Body = Readonly<Record<string, unknown>>;

/** An answer as it came, with nothing made of it. */
export interface Answer {
  readonly status: number;
  /** No fields where it is not a JSON object. */
  readonly body: Body;
  /** Without any credential, to be shown. */
  readonly text: string;
  /** Milliseconds until it was complete. */
  readonly ms: number;
}

/** Where requests go. */
export interface WireSettings {
  /** Without a trailing slash. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds for one request. */
  readonly limitMs: number;
}

/** The protocol by hand: no retries, nothing translated, refusals are answers. */
export class Wire {
  readonly #settings: WireSettings;
  readonly #secrets = new Secrets();
  #credential: string;

  constructor(settings: WireSettings) {
    this.#settings = settings;
    this.#secrets.add(settings.apiKey, 'API key');
    this.#credential = settings.apiKey;
  }

  /** @param apiKey in place of the usual one */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', endpoint: string, body?: object, apiKey: string = this.#credential): Promise<Answer> {
    const { url, fetch, limitMs } = this.#settings;
    const begun = performance.now();
    const response = await fetch(`${url}/api/v1/${endpoint}`, {
      method,
      headers: { 'x-api-key': apiKey, accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    const text = await response.text();
    const parsed = parseJson(text);
    return { status: response.status, text: this.#secrets.hide(text), body: isRecord(parsed) ? parsed : {}, ms: performance.now() - begun };
  }

  post(endpoint: string, body: object): Promise<Answer> {
    return this.ask('POST', endpoint, body);
  }

  /** From now on requests carry this instead of the key. */
  use(credential: string): void {
    this.#secrets.addToken(credential);
    this.#credential = credential;
  }

  /** Submits an operation and gives what comes of it, a refusal too. */
  async run(endpoint: string, body: object): Promise<Answer> {
    const receipt = await this.post(endpoint, body);
    const { request_id: id } = receipt.body;
    return receipt.status === 200 && typeof id === 'string' ? this.result(id) : receipt;
  }

  /** Asks for a result until it is there, or its failure. */
  async result(requestId: string): Promise<Answer> {
    for (;;) {
      const answer = await this.poll(requestId);
      if (!isPending(answer)) return answer;
    }
  }

  /** Asks for a result once. */
  poll(requestId: string): Promise<Answer> {
    return this.post('retrieve_future', { request_id: requestId });
  }
}

/** Whether a result is still to come. */
export function isPending({ status, body }: Answer): boolean {
  return status === 408 || body['type'] === 'try_again';
}

/** An answer in few words. */
export function brief({ status, text }: Answer): string {
  const words = serverText(text);
  return words === '' ? String(status) : `${status} ${words}`;
}

/** The answer where it is 200, else an error that says what it is. */
export function taken(answer: Answer, what: string): Body {
  if (answer.status === 200 && !('error' in answer.body)) return answer.body;
  throw new TinkerError('http', `${what}: the server answered ${brief(answer)}`, { status: answer.status });
}

/** Whether there is no such route: what is missing behind a route is named. */
export function isNoRoute({ status, text }: Answer): boolean {
  return status === 405 || (status === 404 && serverText(text) === 'Not Found');
}
