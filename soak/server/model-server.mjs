import { passResult, sampleResult } from '../../bench/stub/answers.mjs';
import { readPass } from './protobuf.mjs';

/**
 * The protocol's half of a server, without an engine: it takes every operation once, however often it is sent, and has
 * its result ready at the second poll. What it keeps is bounded, so that whatever grows is the client.
 */

/** @typedef {{ endpoint: string, body: Uint8Array, type: string, credential: string }} Request */
/** @typedef {{ status: number, type: string, body: string | Uint8Array, headers?: Record<string, string> }} Answer */
/** @typedef {Record<string, unknown>} Fields */

const tokens = 4;
const mostFutures = 500;
const mostNumbers = 32;
const tokenLivesMs = 3_600_000;

/** @param {unknown} body @param {number} [status] @param {Record<string, string>} [headers] @returns {Answer} */
export function json(body, status = 200, headers = {}) {
  return { status, type: 'application/json', body: JSON.stringify(body), headers };
}

/** @param {Uint8Array} body @returns {Answer} */
const protobuf = (body) => ({ status: 200, type: 'application/x-protobuf', body });

const sampled = protobuf(Uint8Array.from(sampleResult(tokens)));

const scored = json({ sequences: [{ stop_reason: 'length', tokens: [1], logprobs: [-0.5] }], prompt_logprobs: [null, -0.5, -0.5] });

export class ModelServer {
  /** Moments of heartbeats, by session: only the last, and the longest gap. */
  heartbeats = { count: 0, longestGapMs: 0 };
  /** Operations that were executed, and requests that came for them again. */
  executed = 0;
  repeated = 0;
  requests = 0;
  #now;
  #wantsTokens;
  #ids = 0;
  /** @type {Map<string, number>} */
  #sessions = new Map();
  /** @type {Map<string, { last: number, receipts: Map<number, string> }>} */
  #models = new Map();
  /** @type {Map<string, { polls: number, result: Answer, endpoint: string }>} */
  #futures = new Map();
  /** @type {Map<string, ((fields: Fields) => Answer | undefined)[]>} */
  #ordered = new Map();

  /** @param {{ now: () => number, wantsTokens?: boolean }} settings */
  constructor({ now, wantsTokens = false }) {
    this.#now = now;
    this.#wantsTokens = wantsTokens;
  }

  /** The next request to this endpoint is answered so. @param {string} endpoint @param {() => Answer} answer */
  next(endpoint, answer) {
    this.#ordered.set(endpoint, [...(this.#ordered.get(endpoint) ?? []), answer]);
  }

  /** The server does not know this session any more. @param {string} id */
  forget(id) {
    this.#sessions.delete(id);
  }

  /** Sessions, models and futures that it keeps. */
  get kept() {
    return { sessions: this.#sessions.size, models: this.#models.size, futures: this.#futures.size };
  }

  /** @param {Request} request @returns {Answer} */
  handle({ endpoint, body, type, credential }) {
    this.requests += 1;
    const isPass = type === 'application/x-protobuf';
    /** @type {Fields} */
    const fields = isPass ? readPass(body) : readJson(body);
    if (this.#wantsTokens && endpoint !== 'client/config' && endpoint !== 'auth/token' && !this.#isFresh(credential)) {
      return json({ detail: 'the token has ended' }, 401);
    }
    const ordered = this.#ordered.get(endpoint)?.shift();
    if (ordered !== undefined) return ordered(fields) ?? json({});
    const session = fields['session_id'];
    if (typeof session === 'string' && !this.#sessions.has(session)) return json({ detail: 'unknown session' }, 404);
    return this.#answer(endpoint, fields);
  }

  /** @param {string} endpoint @param {Fields} fields @returns {Answer} */
  #answer(endpoint, fields) {
    switch (endpoint) {
      case 'client/config':
        return json({ pjwt_auth_enabled: this.#wantsTokens });
      case 'client/dynamic_config':
        return json({ refresh_interval_sec: 300 });
      case 'auth/token':
        return json({ jwt: this.#token() });
      case 'create_session': {
        const id = this.#id('session');
        this.#sessions.set(id, this.#now());
        return json({ session_id: id });
      }
      case 'session_heartbeat':
        this.#beat(String(fields['session_id']));
        return json({});
      case 'create_sampling_session':
        return json({ sampling_session_id: this.#id('sampler') });
      case 'get_info':
        return json({ model_id: fields['model_id'], model_data: { model_name: 'soak' } });
      case 'weights_info':
        return json({ base_model: 'soak', is_lora: true, lora_rank: 8 });
      case 'get_server_capabilities':
        return json({ supported_models: [{ model_name: 'soak' }] });
      case 'healthz':
        return json({ status: 'ok' });
      case 'telemetry':
        return json({ status: 'accepted' });
      case 'checkpoints':
        return json({ checkpoints: [], cursor: null });
      case 'training_runs':
        return json({ training_runs: [], cursor: { offset: 0, limit: 20, total_count: 0 } });
      case 'retrieve_future':
        return this.#poll(String(fields['request_id']), fields['allow_metadata_only'] === true);
      default:
        return this.#submit(endpoint, fields);
    }
  }

  /** @param {string} endpoint @param {Fields} fields @returns {Answer} */
  #submit(endpoint, fields) {
    const result = this.#resultOf(endpoint, fields);
    if (result === undefined) return json({ detail: 'Not Found' }, 404);
    const number = fields['seq_id'];
    const model = endpoint === 'asample' ? undefined : this.#models.get(String(fields['model_id']));
    const known = model !== undefined && typeof number === 'number' ? model.receipts.get(number) : undefined;
    if (known !== undefined) {
      this.repeated += 1;
      return json({ request_id: known });
    }
    if (model !== undefined && typeof number === 'number') model.last = Math.max(model.last, number);
    const id = this.#id('request');
    this.executed += 1;
    this.#futures.set(id, { polls: 0, result, endpoint });
    drop(this.#futures, mostFutures);
    if (model !== undefined && typeof number === 'number') {
      model.receipts.set(number, id);
      drop(model.receipts, mostNumbers);
    }
    return json({ request_id: id, ...(endpoint === 'asample' ? { sample_sequence_ids: [id] } : {}) });
  }

  /** @param {string} endpoint @param {Fields} fields @returns {Answer | undefined} */
  #resultOf(endpoint, fields) {
    const model = String(fields['model_id']);
    switch (endpoint) {
      case 'create_model': {
        const id = `${String(fields['session_id'])}:train:${String(fields['model_seq_id'])}`;
        this.#models.set(id, { last: 0, receipts: new Map() });
        drop(this.#models, mostNumbers);
        return json({ model_id: id });
      }
      case 'unload_model':
        this.#models.delete(model);
        return json({ model_id: model });
      case 'forward':
      case 'forward_backward':
        return protobuf(Uint8Array.from(passResult(datumsOf(fields), tokens)));
      case 'optim_step':
        return json({ metrics: { step: this.executed } });
      case 'save_weights':
        return json({ path: `tinker://${model}/weights/${String(fields['path'])}` });
      case 'save_weights_for_sampler':
        return typeof fields['path'] === 'string'
          ? json({ path: `tinker://${model}/sampler_weights/${fields['path']}`, sampling_session_id: null })
          : json({ path: null, sampling_session_id: this.#id('sampler') });
      case 'load_weights':
        return json({});
      case 'asample':
        return fields['prompt_logprobs'] === true ? scored : sampled;
      default:
        return undefined;
    }
  }

  /** @param {string} id @param {boolean} mayAnnounce @returns {Answer} */
  #poll(id, mayAnnounce) {
    const future = this.#futures.get(id);
    if (future === undefined) return json({ detail: 'unknown request' }, 404);
    future.polls += 1;
    // Every eighth waits for its turn, every eighth announces its size before it comes.
    const turn = Number(id.slice(id.indexOf('-') + 1)) % 8;
    if (future.polls === 1 && turn === 0) return json({ type: 'try_again', request_id: id, queue_state: 'paused_capacity' });
    if (future.polls === 1 && turn === 1 && mayAnnounce) return json({ status: 'complete_metadata', response_payload_size: 100_000 });
    return future.result;
  }

  /** @param {string} id */
  #beat(id) {
    const now = this.#now();
    this.heartbeats.count += 1;
    this.heartbeats.longestGapMs = Math.max(this.heartbeats.longestGapMs, now - (this.#sessions.get(id) ?? now));
    this.#sessions.set(id, now);
    // Nobody says when a session is over.
    for (const [other, at] of this.#sessions) if (now - at > 600_000) this.#sessions.delete(other);
  }

  #token() {
    const claims = { sub: 'soak', exp: (this.#now() + tokenLivesMs) / 1000, jti: this.#id('token') };
    return `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c29hay1zaWduYXR1cmU`;
  }

  /** @param {string} credential */
  #isFresh(credential) {
    const claims = credential.split('.')[1];
    if (claims === undefined) return false;
    /** @type {{ exp: number }} */
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return exp * 1000 > this.#now();
  }

  /** @param {string} kind */
  #id(kind) {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }
}

/** Nothing of one that was cut off. @param {Uint8Array} body @returns {Fields} */
function readJson(body) {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
  } catch {
    return {};
  }
}

/** @param {Fields} fields */
function datumsOf(fields) {
  if (typeof fields['datums'] === 'number') return fields['datums'];
  const input = fields['forward_backward_input'] ?? fields['forward_input'];
  return isObject(input) && Array.isArray(input['data']) ? input['data'].length : 1;
}

/** @param {unknown} value @returns {value is Fields} */
function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/** Forgets the oldest. @param {Map<unknown, unknown>} map @param {number} most */
function drop(map, most) {
  if (map.size <= most) return;
  for (const [oldest] of map) {
    map.delete(oldest);
    return;
  }
}
