import { type as systemType } from 'node:os';
import * as E from 'fp-ts/lib/Either.js';
import type { Http } from '../api/http.js';
import { sendTelemetry } from '../api/telemetry.js';
import type { Clock, Environment } from '../machines/environment.js';
import type { ServiceActor } from '../machines/service-machine.js';
import { batchSize } from '../machines/telemetry-machine.js';
import type { TelemetryPort, TelemetrySent } from '../machines/telemetry-messages.js';
import { attemptNews, durationText, failureNews, pollNews, type TelemetryNews } from './telemetry-events.js';
import { watchFailures } from './telemetry-watch.js';
import type { AttemptFailure } from '../types/attempt.js';
import type { TelemetryEvent } from '../types/telemetry.js';
import { protocolVersion } from '../types/version.js';

/** What telemetry has done so far. */
export interface TelemetryState {
  /** `off` unless it was turned on; `notOffered` when it was, and the server takes none. */
  readonly state: 'off' | 'on' | 'notOffered';
  /** Events that the server has taken. */
  readonly sent: number;
  /** Events that were given up: the queue was full, or they could not be sent. */
  readonly dropped: number;
  /** Events that are still to be sent. */
  readonly waiting: number;
}

/** What telemetry needs of its service. */
export interface TelemetryHost {
  readonly http: () => Http;
  readonly environment: Environment;
  /** Takes the known secrets out of a text. */
  readonly hide: (text: string) => string;
  /** Undefined before the session is open. */
  readonly sessionId: () => string | undefined;
}

interface Batch {
  readonly events: readonly TelemetryEvent[];
  readonly idempotencyKey: string;
  attempts: number;
}

const mostWaiting = 10_000;
const lastFlushMs = 1_000;
const notOffered: ReadonlySet<number | undefined> = new Set([404, 405, 501]);
const processUuid = globalThis.crypto.randomUUID();

/**
 * What the server is told of how its client fares (wire protocol §8), when the caller turned it on: that
 * a session began and ended, and what failed. Never headers, keys, tokens, bodies, prompts, metadata,
 * tensors, paths or stacks. Nobody waits for it but `close()`, and that for a second at most. No timer of
 * it keeps the process running; a request under way does, like any, until it is answered or 5 s are over.
 */
export class Telemetry implements TelemetryPort {
  readonly #host: TelemetryHost;
  readonly #sessionless: string;
  readonly #queue: TelemetryEvent[] = [];
  #batch: Batch | undefined;
  #actor: ServiceActor | undefined;
  #startedAt: number | undefined;
  #state: 'on' | 'notOffered' = 'on';
  #ended = false;
  #index = 0;
  #sent = 0;
  #dropped = 0;

  constructor(host: TelemetryHost) {
    this.#host = host;
    this.#sessionless = `sessionless-${host.environment.uuid()}`;
  }

  /** Starts to listen to the service's actors. */
  start(actor: ServiceActor): void {
    this.#actor = actor;
    actor.send({ type: 'telemetry.wanted' });
    actor.on('session.opened', () => {
      this.#startedAt ??= this.#host.environment.now();
      this.#note([{ event: 'SESSION_START', severity: 'INFO' }]);
    });
    watchFailures(actor, (error) => this.#note(failureNews(error, this.#host.hide), true));
  }

  get state(): TelemetryState {
    return { state: this.#state, sent: this.#sent, dropped: this.#dropped, waiting: this.#waiting };
  }

  readonly attemptFailed: TelemetryPort['attemptFailed'] = (input, outcome) => this.#note(attemptNews(input, outcome, this.#host.hide));

  readonly polled: TelemetryPort['polled'] = (input, outcome) => this.#note(pollNews(input, outcome, this.#host.hide));

  readonly send: TelemetryPort['send'] = async ({ isLast }, signal) => {
    this.#batch ??= this.#nextBatch();
    const batch = this.#batch;
    if (batch === undefined) return this.#outcome('accepted');
    const failure = await this.#sendOnce(batch, signal);
    // Another may have been sent meanwhile, where this attempt was given up.
    if (this.#batch !== batch) return this.#outcome('failed');
    if (failure === undefined) {
      this.#batch = undefined;
      this.#sent += batch.events.length;
      return this.#outcome('accepted');
    }
    if (notOffered.has(failure.error.status)) return this.#turnOff();
    if (failure.verdict !== 'definite' && !isLast) return this.#outcome('failed');
    this.#batch = undefined;
    this.#dropped += batch.events.length;
    return this.#outcome(failure.verdict === 'definite' ? 'refused' : 'failed');
  };

  /** Sends what is left, for a second at most. Call it when the service's actors have been stopped. */
  async end(): Promise<void> {
    if (this.#ended) return;
    const { clock, now } = this.#host.environment;
    if (this.#startedAt !== undefined) {
      this.#note([{ event: 'SESSION_END', severity: 'INFO', duration: durationText(now() - this.#startedAt) }]);
    }
    this.#ended = true;
    await withinBound(clock, (signal) => this.#drain(signal));
  }

  get #waiting(): number {
    return this.#queue.length + (this.#batch?.events.length ?? 0);
  }

  #note(news: readonly TelemetryNews[], urgent = false): void {
    if (this.#ended || this.#state !== 'on' || news.length === 0) return;
    for (const one of news) this.#add(one);
    this.#actor?.getSnapshot().children.telemetry?.send({ type: 'telemetry.noted', waiting: this.#waiting, urgent });
  }

  #add(news: TelemetryNews): void {
    const { uuid, wallNow = Date.now } = this.#host.environment;
    const eventSessionIndex = this.#index;
    this.#index += 1;
    if (this.#waiting >= mostWaiting) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push({ ...news, eventId: uuid(), eventSessionIndex, timestamp: new Date(wallNow()).toISOString() });
  }

  #nextBatch(): Batch | undefined {
    const events = this.#queue.splice(0, batchSize);
    return events.length === 0 ? undefined : { events, idempotencyKey: `tinkerjs-${this.#host.environment.uuid()}`, attempts: 0 };
  }

  async #sendOnce(batch: Batch, signal: AbortSignal): Promise<AttemptFailure | undefined> {
    const retryCount = batch.attempts;
    batch.attempts += 1;
    const sessionId = this.#host.sessionId() ?? this.#sessionless;
    const request = { events: batch.events, platform: platform(), sdkVersion: protocolVersion, sessionId, processUuid };
    const { idempotencyKey } = batch;
    const answer = await this.#host.http().call(sendTelemetry, request, { retryCount, idempotencyKey, signal })();
    return E.isLeft(answer) ? answer.left : undefined;
  }

  async #drain(signal: AbortSignal): Promise<void> {
    while (this.#waiting > 0 && !signal.aborted) {
      const { kind } = await this.send({ isLast: true }, signal);
      if (kind !== 'accepted') return;
    }
  }

  #turnOff(): TelemetrySent {
    this.#dropped += this.#waiting;
    this.#batch = undefined;
    this.#queue.length = 0;
    this.#state = 'notOffered';
    return this.#outcome('notOffered');
  }

  #outcome(kind: TelemetrySent['kind']): TelemetrySent {
    return { kind, waiting: this.#waiting };
  }
}

/** The state of a service without telemetry. */
export const noTelemetry: TelemetryState = { state: 'off', sent: 0, dropped: 0, waiting: 0 };

/** Names the system as Python does. */
function platform(): string {
  return systemType().replace(/_NT$/, '');
}

async function withinBound(clock: Clock, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const over = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  const timer: unknown = clock.setTimeout(() => stop.abort(), lastFlushMs);
  await Promise.race([over, run(stop.signal)]);
  clock.clearTimeout(timer);
}
