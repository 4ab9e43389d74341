import type { Agent, Dispatcher } from 'undici';
import { mostResultBytes, tooLarge } from './answer-limit.js';
import { decodeContent } from './content-encoding.js';
import type { ReplyHeaders, Transport, TransportReply, TransportRequest } from './transport.js';

/** Requests over sockets that are kept open between them; as many as there are requests at one time. */
export class UndiciTransport implements Transport {
  readonly headers = { 'accept-encoding': 'gzip, deflate, br' };
  #agent: Agent | undefined;
  #closed = false;

  send(request: TransportRequest): Promise<TransportReply> {
    return this.#agent === undefined ? this.#open().then((agent) => exchange(agent, request)) : exchange(this.#agent, request);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent?.destroy();
  }

  /** Loaded with the first request, since loading takes as long as starting Node itself. */
  async #open(): Promise<Agent> {
    const { default: Undici } = await import('undici/lib/dispatcher/agent.js');
    // Deadlines belong to the machines, whose clock tests can drive.
    this.#agent ??= new Undici({ headersTimeout: 0, bodyTimeout: 0 });
    if (this.#closed) await this.#agent.destroy();
    return this.#agent;
  }
}

function exchange(agent: Agent, request: TransportRequest): Promise<TransportReply> {
  return new Promise((resolve, reject) => new Exchange(request, resolve, reject).over(agent));
}

type HeaderLists = Readonly<Record<string, string | string[] | undefined>>;

/** Headers as undici hands them over; a `Headers` would cost more than all of the request. */
class ReceivedHeaders implements ReplyHeaders {
  readonly #lists: HeaderLists;

  constructor(lists: HeaderLists) {
    this.#lists = lists;
  }

  get(name: string): string | null {
    const value = this.#lists[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }
}

const noHeaders = new ReceivedHeaders({});

// Larger answers are put together from their parts: a length is only a claim.
const longestReserved = 64 * 1024 * 1024;

/** One request and its answer, as undici tells of them. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: TransportRequest;
  readonly #resolve: (reply: TransportReply | Promise<TransportReply>) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: ReplyHeaders = noHeaders;
  #whole: Buffer | undefined;
  #length = 0;
  #parts: Buffer[] = [];
  #answeredAt = 0;

  constructor(request: TransportRequest, resolve: (reply: TransportReply | Promise<TransportReply>) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  over(agent: Agent): void {
    const { origin, path, method, headers, body, signal } = this.#request;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#abort, { once: true });
    agent.dispatch({ origin, path, method, headers, body: body ?? null }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection: nothing of it is sent.
    if (this.#request.signal?.aborted === true) this.#abort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HeaderLists): void {
    this.#answeredAt = performance.now();
    this.#status = status;
    this.#headers = new ReceivedHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    if (this.#length + part.length > this.#mostBytes) {
      this.#settled();
      this.#reject(tooLarge(this.#mostBytes));
      controller.abort(new Error('the answer is too long'));
      return;
    }
    const expected = Number(this.#headers.get('content-length') ?? 0);
    // In one piece it stays as it came; in several it is copied once, to where it belongs.
    if (this.#length === 0 && part.length < expected && expected <= longestReserved) this.#whole = Buffer.allocUnsafeSlow(expected);
    if (this.#whole === undefined) this.#parts.push(part);
    else part.copy(this.#whole, this.#length);
    this.#length += part.length;
  }

  onResponseEnd(): void {
    this.#settled();
    const [first = Buffer.alloc(0)] = this.#parts;
    const bytes = this.#whole ?? (this.#parts.length > 1 ? Buffer.concat(this.#parts) : first);
    const reply = { status: this.#status, headers: this.#headers, bytes, downloadMs: performance.now() - this.#answeredAt };
    const encoding = this.#headers.get('content-encoding');
    this.#resolve(encoding === null ? reply : decodeContent(reply, encoding, this.#mostBytes));
  }

  get #mostBytes(): number {
    return this.#request.mostBytes ?? mostResultBytes;
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settled();
    this.#reject(error);
  }

  readonly #abort = (): void => {
    const reason: unknown = this.#request.signal?.reason;
    this.#reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
  };

  #settled(): void {
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}
