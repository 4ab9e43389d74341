import type { Transport, TransportReply, TransportRequest } from '../../src/api/transport.js';
import type { Reply } from '../server/replies.js';
import type { ServerModel } from '../server/server-model.js';
import type { Random } from '../world/random.js';
import type { Trace } from '../world/trace.js';
import { digest } from '../world/trace.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { WireWatch } from '../checks/wire-watch.js';
import { effectOf, unharmed, type Effect, type Ending } from './effects.js';
import type { FaultPlan } from './fault-plan.js';
import { readRequest, text, type Reading } from './reading.js';

/** Changes what a client sends, as a client with a mistake would; for trying whether that is noticed. */
export type Meddle = (request: TransportRequest, reading: Reading) => TransportRequest;

export interface NetworkHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly plan: FaultPlan;
  readonly server: ServerModel;
  readonly watch: WireWatch;
  readonly meddle: Meddle;
}

/** A request that the client waits for. */
interface Exchange {
  readonly id: number;
  readonly reading: Reading;
  readonly settle: (ending: Ending) => void;
}

/** What lies between the client and the server, and breaks. */
export class Network implements Transport {
  readonly headers = {};
  readonly #host: NetworkHost;
  readonly #open = new Map<number, Exchange>();
  #sent = 0;
  #downUntil = 0;

  constructor(host: NetworkHost) {
    this.#host = host;
  }

  /** Requests that the client waits for. */
  get open(): number {
    return this.#open.size;
  }

  send(given: TransportRequest): Promise<TransportReply> {
    const { meddle, watch } = this.#host;
    const request = meddle(given, readRequest(given));
    return new Promise((resolve, reject) => {
      request.signal?.throwIfAborted();
      this.#sent += 1;
      const id = this.#sent;
      const reading = readRequest(request);
      const abort = () => settle('silence');
      const settle = (ending: Ending | 'silence') => {
        if (!this.#open.delete(id)) return;
        request.signal?.removeEventListener('abort', abort);
        watch.ended(id, reading, ending);
        this.#note(id, describe(ending));
        if (ending === 'silence') reject(request.signal?.reason instanceof Error ? request.signal.reason : new Error('given up'));
        else if ('breaks' in ending) reject(Object.assign(new Error(`simulated ${ending.breaks}`), { code: ending.breaks }));
        else resolve(toTransport(ending.reply));
      };
      this.#open.set(id, { id, reading, settle });
      this.#note(id, `> ${title(reading)} ${digest(request.body ?? '')} ${reading.idempotencyKey ?? ''}`);
      watch.began(id, reading, request);
      request.signal?.addEventListener('abort', abort, { once: true });
      this.#carry(id, reading);
    });
  }

  close(): Promise<void> {
    return this.hangUp('UND_ERR_CLOSED');
  }

  /** The client ends all its connections. */
  hangUp(code: string): Promise<void> {
    for (const { settle } of [...this.#open.values()]) settle({ breaks: code });
    return Promise.resolve();
  }

  /** The client is gone, and hears of nothing any more. */
  forget(): void {
    for (const { id, reading } of this.#open.values()) this.#host.watch.ended(id, reading, 'silence');
    this.#open.clear();
  }

  /** All connections break, and for a while there are no new ones. */
  down(ms: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.#host.time.now + ms);
    for (const { settle } of [...this.#open.values()]) settle({ breaks: 'ECONNRESET' });
  }

  #carry(id: number, reading: Reading): void {
    const { time, random, plan } = this.#host;
    const upMs = random.between(0.2, 30);
    // Whoever gives a request up does not call it back.
    const arrivesThough = random.chance(0.5);
    const fault = plan.forRequest(reading);
    const effect = fault === undefined ? unharmed : effectOf(fault, reading.endpoint === 'retrieve_future', random, plan);
    if (fault !== undefined) {
      plan.count(fault);
      this.#note(id, `! ${fault}`);
    }
    const arrive = () => {
      if (time.now < this.#downUntil) this.#end(id, { breaks: 'ECONNREFUSED' });
      else if (this.#open.has(id) || arrivesThough) this.#deliver(id, reading, effect);
    };
    if (effect.arrivals === 0) time.after(upMs, () => this.#end(id, effect.ending(undefined)));
    else time.after(upMs + effect.lateMs, arrive);
    if (effect.arrivals === 2) time.after(upMs + random.between(0.2, 3_000), arrive);
  }

  #deliver(id: number, reading: Reading, { ending, answerLateMs }: Effect): void {
    const { time, random, server } = this.#host;
    server.handle(reading, (reply) => {
      time.after(random.between(0.2, 30) + answerLateMs, () => this.#end(id, ending(reply)));
    });
  }

  /** Silence lasts until the client gives up. */
  #end(id: number, ending: Ending): void {
    if (ending !== 'silence') this.#open.get(id)?.settle(ending);
  }

  #note(id: number, what: string): void {
    this.#host.trace.note(`#${id} ${what}`);
  }
}

function title({ endpoint, submitted, retryCount, json }: Reading): string {
  const what = submitted === undefined ? text(json['request_id'] ?? json['seq_id']) : `${submitted.modelId} ${submitted.seqId} ${submitted.identity}`;
  return `${endpoint} ${what}${retryCount > 0 ? ` (attempt ${retryCount + 1})` : ''}`;
}

function describe(ending: Ending): string {
  if (ending === 'silence') return '< given up';
  if ('breaks' in ending) return `< ${ending.breaks}`;
  const { status, body } = ending.reply;
  return `< ${status} ${typeof body === 'string' ? body.slice(0, 100) : `${body.length} bytes`}`;
}

const utf8 = new TextEncoder();

function toTransport({ status, headers, body }: Reply): TransportReply {
  const bytes = typeof body === 'string' ? utf8.encode(body) : body;
  return { status, headers: { get: (name) => headers[name] ?? null }, bytes, downloadMs: 1 };
}
