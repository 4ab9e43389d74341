import type { TransportRequest } from '../../src/api/transport.js';
import type { Ending } from '../network/effects.js';
import type { Reading, Submitted } from '../network/reading.js';
import { digest } from '../world/trace.js';
import { operationOf } from '../program/identity.js';

/** What was sent under one number. */
interface Sent {
  readonly identity: string;
  readonly idempotencyKey: string | undefined;
  /** What its body was, by the way in which it was written. */
  readonly bodies: Map<'protobuf' | 'json', string>;
}

/** How the requests of one kind for one thing follow each other. */
interface Pace {
  endedAt: number;
  /** How long to wait at least before the next. */
  floorMs: number;
  /** How often in a row it did not wait. */
  hurried: number;
}

export interface WireWatchHost {
  readonly now: () => number;
  readonly violated: (what: string) => void;
  /** Whether the client of a model is wedged at this moment. */
  readonly isWedged: (modelId: string) => boolean;
}

// A quarter less than half a second, and a bit for rounding.
const failureFloorMs = 370;
const notYetFloorMs = 19;
const defaultChunk = 1024;

/** Holds what any observer on the wire could see: same number, same bytes, same key; one submission at a time; no hurry. */
export class WireWatch {
  /** Numbers that were sent, by model. */
  readonly numbers = new Map<string, Map<number, Sent>>();
  /** How many requests there were. */
  requests = 0;
  /** How many submissions were refused or never arrived, or questions for results refused. */
  refusals = 0;
  /** Datums in a request, as the client was told last; the protocol's default before. */
  chunk = defaultChunk;
  readonly #host: WireWatchHost;
  readonly #submitting = new Map<number, Submitted>();
  readonly #samples = new Map<string, Sent>();
  readonly #paces = new Map<string, Pace>();
  #isOver = false;

  constructor(host: WireWatchHost) {
    this.#host = host;
  }

  /** From now on nothing may be sent. */
  over(): void {
    this.#isOver = true;
  }

  /** Whoever asks now did not ask before. */
  newProcess(): void {
    this.#paces.clear();
  }

  began(id: number, reading: Reading, request: TransportRequest): void {
    const { endpoint, submitted, json } = reading;
    this.requests += 1;
    if (this.#isOver) this.#host.violated(`${endpoint} was sent after everything was closed`);
    if (submitted !== undefined) this.#submits(id, submitted, reading, request);
    if (endpoint === 'asample') this.#same(this.#samples, `sample ${String(json['sampling_session_id'])} ${String(json['seq_id'])}`, '', reading, request);
    if (endpoint === 'retrieve_future') this.#paced(`poll of ${String(json['request_id'])}`);
  }

  ended(id: number, reading: Reading, ending: Ending): void {
    this.#submitting.delete(id);
    if ((reading.submitted !== undefined || reading.endpoint === 'retrieve_future') && isRefusal(ending)) this.refusals += 1;
    if (reading.endpoint === 'client/config') this.chunk = chunkIn(ending) ?? this.chunk;
    if (reading.endpoint === 'retrieve_future') this.#noteEnd(`poll of ${String(reading.json['request_id'])}`, ending);
  }

  #submits(id: number, submitted: Submitted, reading: Reading, request: TransportRequest): void {
    const { modelId, seqId, identity } = submitted;
    const { violated, isWedged } = this.#host;
    const name = `${modelId} ${seqId} ${identity}`;
    if (isWedged(modelId)) violated(`${name} was sent while its client was wedged`);
    for (const other of this.#submitting.values()) {
      const isSame = operationOf(other.identity) === operationOf(identity);
      if (other.modelId === modelId && !isSame) violated(`${name} was sent while ${other.seqId} ${other.identity} was on its way`);
    }
    this.#submitting.set(id, submitted);
    const numbers = this.numbers.get(modelId) ?? new Map<number, Sent>();
    this.numbers.set(modelId, numbers);
    this.#same(numbers, seqId, identity, reading, request);
  }

  #same<K>(known: Map<K, Sent>, key: K, identity: string, { idempotencyKey, isProtobuf }: Reading, { body = '' }: TransportRequest): void {
    const form = isProtobuf ? 'protobuf' : 'json';
    const content = digest(body);
    const before = known.get(key);
    if (before === undefined) {
      known.set(key, { identity, idempotencyKey, bodies: new Map([[form, content]]) });
      return;
    }
    const sentBefore = before.bodies.get(form) ?? content;
    before.bodies.set(form, sentBefore);
    const { violated } = this.#host;
    if (before.identity !== identity) violated(`number ${String(key)} was used for ${before.identity}, then for ${identity}`);
    if (before.idempotencyKey !== idempotencyKey) violated(`number ${String(key)} (${identity}) was sent again under another idempotency key`);
    if (sentBefore !== content) violated(`number ${String(key)} (${identity}) was sent again with other bytes`);
  }

  #paced(what: string): void {
    const pace = this.#paces.get(what);
    if (pace === undefined) return;
    const waitedMs = this.#host.now() - pace.endedAt;
    // The last pause before a deadline may be a short one.
    pace.hurried = waitedMs < pace.floorMs ? pace.hurried + 1 : 0;
    if (pace.hurried >= 2) this.#host.violated(`${what} came ${waitedMs.toFixed(1)} ms after the last, again and again`);
  }

  #noteEnd(what: string, ending: Ending): void {
    const pace = this.#paces.get(what) ?? { endedAt: 0, floorMs: 0, hurried: 0 };
    pace.endedAt = this.#host.now();
    pace.floorMs = floorAfter(ending);
    this.#paces.set(what, pace);
  }
}

function isRefusal(ending: Ending): boolean {
  if (ending === 'silence') return false;
  if ('breaks' in ending) return ending.breaks === 'ECONNREFUSED';
  const { status } = ending.reply;
  return status >= 300 && status < 500 && ![408, 425, 429].includes(status);
}

function chunkIn(ending: Ending): number | undefined {
  if (ending === 'silence' || 'breaks' in ending) return undefined;
  const [, said] = /"fwdbwd_max_chunk_len":(\d+)/.exec(String(ending.reply.body)) ?? [];
  if (ending.reply.status !== 200) return undefined;
  // Nothing at all reads as no settings.
  return ending.reply.body === '' ? defaultChunk : said === undefined ? undefined : Number(said);
}

function floorAfter(ending: Ending): number {
  if (ending === 'silence' || 'breaks' in ending) return failureFloorMs;
  const { status, headers, body } = ending.reply;
  if (status === 401 || headers['retry-after'] !== undefined || headers['retry-after-ms'] !== undefined) return 0;
  if (status === 408) return notYetFloorMs;
  if (status < 200 || status > 299) return failureFloorMs;
  const isNotYet = typeof body === 'string' && body.startsWith('{"type":"try_again"');
  return isNotYet ? notYetFloorMs : 0;
}
