import type { Reading } from '../network/reading.js';
import { Accounts } from './accounts.js';
import { Futures, type Future, type Outcome } from './futures.js';
import type { LedgerEntry, ModelRun } from './model-run.js';
import { Polls, type Respond } from './polls.js';
import { json, refusal, sampleResult } from './replies.js';
import { Models, type ModelsHost } from './models.js';
import type { ServerHost } from './server-host.js';

const done: Outcome = { state: 'done', binary: sampleResult.binary, text: sampleResult.text };
const epochSeconds = Date.UTC(2030, 0, 1) / 1000;

/**
 * The protocol's half of a server, with a ledger in place of the engine. It is written from the protocol's description and shares no
 * code with the local server, so that neither hides the other's mistakes.
 */
export class ServerModel {
  readonly ledger: LedgerEntry[] = [];
  /** How often a sample was drawn, by session and number. */
  readonly samples = new Map<string, number>();
  /** The checkpoint that a model was created by loading, by the model's id. */
  readonly starts = new Map<string, string>();
  /** Models of which a restart took the memory. */
  readonly lost = new Set<string>();
  readonly accounts: Accounts;
  readonly #host: ServerHost;
  readonly #futures = new Futures();
  readonly #polls: Polls;
  readonly #models: Models;
  readonly #sessions = new Map<string, number>();
  readonly #samplers = new Map<string, Map<number, Future>>();
  #sessionCount = 0;

  constructor(host: ServerHost) {
    this.#host = host;
    const { time, settings } = host;
    this.accounts = new Accounts(settings.clientConfig?.['pjwt_auth_enabled'] === true, settings.tokenSeconds, () => epochSeconds + time.now / 1000);
    this.#polls = new Polls(time, settings, this.#futures);
    const models: ModelsHost = { ...host, futures: this.#futures, ledger: this.ledger, starts: this.starts, openSampler: (id) => this.#samplers.set(id, new Map()) };
    this.#models = new Models(models);
  }

  /** How many operations on models failed, executed or not. */
  get failures(): number {
    return this.#models.failures;
  }

  handle(reading: Reading, respond: Respond): void {
    const refused = this.accounts.refused(reading) ?? this.#missing(reading);
    if (refused !== undefined) respond(refused);
    else if (reading.endpoint === 'retrieve_future') this.#polls.answer(reading, respond);
    else respond(this.#answer(reading));
  }

  /** Ends what is in memory, or all of it. */
  restart(how: 'models lost' | 'all lost'): void {
    for (const modelId of this.#models.endAll('The server was restarted, and the model is gone from memory')) this.lost.add(modelId);
    if (how === 'models lost') return;
    this.#futures.forgetAll();
    this.#models.forgetAll();
    this.#sessions.clear();
    this.#samplers.clear();
  }

  #missing({ endpoint, json: { session_id: sessionId } }: Reading) {
    if (typeof sessionId !== 'string') return undefined;
    const seenAt = this.#sessions.get(sessionId);
    const { time, settings } = this.#host;
    const isOver = seenAt === undefined || time.now - seenAt > settings.sessionMs || (endpoint === 'session_heartbeat' && this.#host.strikes('session expired'));
    if (isOver) {
      this.#sessions.delete(sessionId);
      return refusal(404, `Session ${sessionId} not found: it expired`);
    }
    this.#sessions.set(sessionId, time.now);
    return undefined;
  }

  #answer(reading: Reading) {
    const { endpoint, json: body, submitted } = reading;
    if (submitted !== undefined) return this.#models.submit(reading, submitted);
    switch (endpoint) {
      case 'client/config':
        return this.#host.settings.clientConfig === undefined ? refusal(404, 'Not Found') : json(this.#host.settings.clientConfig);
      case 'client/dynamic_config':
        return json({ refresh_interval_sec: 300 });
      case 'auth/token':
        return this.accounts.token();
      case 'create_session':
        return this.#createSession();
      case 'session_heartbeat':
      case 'telemetry':
        return json({ status: 'accepted' });
      case 'healthz':
        return json({ status: 'ok' });
      case 'get_server_capabilities':
        return json({ supported_models: [{ model_name: 'base' }] });
      case 'weights_info':
        return json({ base_model: 'base', is_lora: true, lora_rank: 8 });
      case 'create_model':
      case 'load_weights':
        return this.#models.create(body, endpoint);
      case 'unload_model':
        return this.#models.unload(String(body['model_id']));
      case 'get_info':
        return this.#models.info(String(body['model_id']));
      case 'create_sampling_session':
        return this.#createSampler(`${String(body['session_id'])}:sample:${String(body['sampling_session_seq_id'])}`);
      case 'asample':
        return this.#sample(String(body['sampling_session_id']), Number(body['seq_id']));
      default:
        return refusal(404, 'Not Found');
    }
  }

  #createSession() {
    this.#sessionCount += 1;
    const sessionId = `S${this.#sessionCount}`;
    this.#sessions.set(sessionId, this.#host.time.now);
    return json({ session_id: sessionId });
  }

  #createSampler(id: string) {
    if (!this.#samplers.has(id)) this.#samplers.set(id, new Map());
    return json({ sampling_session_id: id });
  }

  /** The same number again is the same sample (wire protocol §9.6). */
  #sample(samplerId: string, seqId: number) {
    const { time, random, settings, quirks, strikes } = this.#host;
    const taken = this.#samplers.get(samplerId);
    if (taken === undefined) return refusal(404, 'Sampling session not found');
    const key = `${samplerId} ${seqId}`;
    const known = taken.get(seqId);
    if (known !== undefined) {
      if (quirks.executesTwice === true) this.samples.set(key, (this.samples.get(key) ?? 0) + 1);
      return json({ request_id: known.requestId });
    }
    const future = this.#futures.open({ isLarge: strikes('large result'), pausedUntil: strikes('queue paused') ? time.now + random.between(1_000, 40_000) : 0 });
    taken.set(seqId, future);
    time.after(settings.executionMs * random.between(0.5, 1.5), () => {
      this.samples.set(key, (this.samples.get(key) ?? 0) + 1);
      if (strikes('future expired')) future.isExpired = true;
      this.#futures.settle(future, strikes('operation failed') ? { state: 'failed', error: 'no sample', category: 'server' } : done, time.now);
    });
    return json({ request_id: future.requestId });
  }

  /** What it knows of a model; undefined where it knows none. */
  model(modelId: string): ModelRun | undefined {
    return this.#models.find(modelId);
  }
}
