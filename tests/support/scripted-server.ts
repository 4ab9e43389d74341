import { decodePassRequest } from '../../src/wire/pass-request-proto.js';
import { rightOf } from './codec.js';
import { toHex } from './hex.js';

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly path: string;
  /** The query string, with its question mark; empty without one. */
  readonly search: string;
  readonly method: string;
  readonly headers: Headers;
  /** As sent, byte for byte; protobuf as hexadecimal digits. */
  readonly text: string;
  /** Parsed JSON; of a pass in protobuf its `model_id`, `seq_id` and, decoded, the `pass`. */
  readonly body: Readonly<Record<string, unknown>>;
}

export type Handler = (request: ReceivedRequest, signal: AbortSignal | undefined) => Response | Promise<Response>;

/** An operation in the order in which it was executed. */
export interface Executed {
  readonly path: string;
  readonly seqId: unknown;
}

/**
 * The protocol half of a server behind `fetch`: it accepts every operation, executes it at once, and
 * answers polls. Tests script single answers, and read what arrived and what was executed.
 */
export class ScriptedServer {
  readonly requests: ReceivedRequest[] = [];
  readonly executed: Executed[] = [];
  readonly #scripts = new Map<string, Handler[]>();
  readonly #results = new Map<string, unknown>();
  readonly #defaults: Readonly<Record<string, Handler>>;
  readonly #otherwise: Handler | undefined;
  #ids = 0;

  /** @param otherwise answers what is not scripted, in place of the defaults */
  constructor(config: Readonly<Record<string, unknown>> = {}, otherwise?: Handler) {
    this.#otherwise = otherwise;
    const take = (result: (request: ReceivedRequest) => unknown): Handler => (request) => this.accept(request, result(request));
    this.#defaults = {
      'client/config': () => json(config),
      create_session: () => json({ session_id: 'S' }),
      session_heartbeat: () => json({}),
      get_server_capabilities: () => json({ supported_models: [{ model_name: 'base' }] }),
      get_info: ({ body }) => json({ model_id: body['model_id'], model_data: { model_name: 'base' } }),
      weights_info: () => json({ base_model: 'base', is_lora: true, lora_rank: 8 }),
      create_model: take(({ body }) => ({ model_id: `S:train:${String(body['model_seq_id'])}` })),
      unload_model: take(({ body }) => ({ model_id: body['model_id'] })),
      forward_backward: take(() => passResult),
      forward: take(() => passResult),
      optim_step: take(() => ({ metrics: { step: 1 } })),
      save_weights: take(({ body }) => ({ path: `tinker://${String(body['model_id'])}/weights/${String(body['path'])}` })),
      save_weights_for_sampler: take(({ body }) => samplerSave(body)),
      load_weights: take(() => ({})),
      create_sampling_session: ({ body }) => json({ sampling_session_id: `S:sample:${String(body['sampling_session_seq_id'])}` }),
      asample: take(() => sampleResult),
      retrieve_future: ({ body }) => json(this.#results.get(String(body['request_id'])) ?? { error: 'unknown' }),
    };
  }

  /** Scripts the next answer of an endpoint; several are given in turn. */
  next(endpoint: string, handler: Handler): this {
    this.#scripts.set(endpoint, [...(this.#scripts.get(endpoint) ?? []), handler]);
    return this;
  }

  /** Scripts the next answers of an endpoint as the same one, n times. */
  times(count: number, endpoint: string, handler: Handler): this {
    for (let i = 0; i < count; i += 1) this.next(endpoint, handler);
    return this;
  }

  /** Executes an operation and answers with its receipt. */
  accept(request: ReceivedRequest, result: unknown): Response {
    this.#ids += 1;
    const requestId = `r${this.#ids}`;
    this.#results.set(requestId, result);
    this.executed.push({ path: endpointOf(request), seqId: request.body['seq_id'] });
    return json({ request_id: requestId });
  }

  /** Requests to one endpoint, in order of arrival. */
  to(endpoint: string): ReceivedRequest[] {
    return this.requests.filter((request) => endpointOf(request) === endpoint);
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const sent = new Request(input, init);
    const bytes = new Uint8Array(await sent.clone().arrayBuffer());
    const isProtobuf = sent.headers.get('content-type') === 'application/x-protobuf';
    const text = isProtobuf ? toHex(bytes) : new TextDecoder().decode(bytes);
    const { pathname: path, search } = new URL(sent.url);
    const body: Readonly<Record<string, unknown>> = isProtobuf ? passOf(bytes) : text === '' ? {} : JSON.parse(text);
    const request = { path, search, method: sent.method, headers: sent.headers, text, body };
    this.requests.push(request);
    const handler = this.#scripts.get(endpointOf(request))?.shift() ?? this.#otherwise ?? this.#defaults[endpointOf(request)];
    if (handler === undefined) return json({ detail: 'Not Found' }, 404);
    const aborted = new Promise<never>((_, reject) => {
      sent.signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
    });
    return Promise.race([handler(request, sent.signal), aborted]);
  };
}

function passOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const { modelId, seqId, pass } = rightOf(decodePassRequest(bytes));
  return { model_id: modelId, seq_id: seqId, pass };
}

const passResult = {
  loss_fn_output_type: 'ArrayRecord',
  loss_fn_outputs: [{ logprobs: { data: [-0.5], dtype: 'float32', shape: [1] } }],
  metrics: { 'loss:sum': 0.5 },
};

const sampleResult = { sequences: [{ stop_reason: 'stop', tokens: [5, 6], logprobs: [-0.5, -1] }], prompt_logprobs: [null, -0.25] };

function samplerSave({ model_id: run, path: name, sampling_session_seq_id: session }: ReceivedRequest['body']) {
  return typeof name === 'string'
    ? { path: `tinker://${String(run)}/sampler_weights/${name}`, sampling_session_id: null }
    : { path: null, sampling_session_id: `S:sample:${String(session)}` };
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}

/** No answer: the connection breaks. */
export function broken(code = 'ECONNRESET'): never {
  throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
}

/** An answer that comes when the test says so. */
export function held(): { readonly handler: () => Promise<Response>; readonly release: (response: Response) => void } {
  let release: (response: Response) => void = () => undefined;
  const answer = new Promise<Response>((resolve) => {
    release = resolve;
  });
  return { handler: () => answer, release };
}

/** The path without what all endpoints have in common. */
export function endpointOf({ path }: Pick<ReceivedRequest, 'path'>): string {
  return path.slice(path.indexOf('/api/v1/') + '/api/v1/'.length);
}
