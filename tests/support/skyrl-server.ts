import { afterEach } from '@jest/globals';
import { ServiceClient, type ServiceClientOptions, type TrainingClient } from '../../src/index.js';
import { encodePassOutput } from '../../src/wire/pass-output-writer.js';
import { decodePassResult } from '../../src/wire/pass-result.js';
import { rightOf } from './codec.js';
import { endpointOf, json, ScriptedServer, type ReceivedRequest } from './scripted-server.js';
import { simulatedEnvironment, type SimulatedEnvironment } from './simulated.js';
import { SkyrlCheckpoints } from './skyrl-checkpoints.js';
import { failed, notFound, plain500, record, required, wrongField, type Body } from './skyrl-answers.js';

/** The releases that differ: 0.2 has no settings, 0.3 reads JSON only, `head` reads protobuf and knows repeated numbers. */
export type SkyrlRelease = '0.2' | '0.3' | 'head';

/** A future as the server keeps it: for ever, and whoever asks gets it. */
type Future = { readonly kind: string; readonly result: Body } | { readonly failure: string };

const losses = ['cross_entropy', 'importance_sampling', 'ppo', 'gspo', 'cispo', 'ppo_critic', 'dppo'];

/** Answers as SkyRL tx does, from its bodies and statuses to its content types. Everything is executed at once. */
export class Skyrl {
  readonly server: ScriptedServer;
  readonly checkpoints = new SkyrlCheckpoints();
  readonly #release: SkyrlRelease;
  readonly #sessions = new Set<string>();
  readonly #models = new Map<string, { readonly base: string; readonly rank: number; jobs: number }>();
  readonly #samplers = new Map<string, Body>();
  readonly #futures = new Map<string, Future>();
  readonly #numbers = new Map<string, { readonly payload: string; readonly receipt: Body }>();
  readonly #failures: string[] = [];
  #ids = 0;

  constructor(release: SkyrlRelease = '0.3') {
    this.#release = release;
    this.server = new ScriptedServer({}, (request) => this.answer(request));
  }

  /** The next job fails with this. */
  failNext(message: string): void {
    this.#failures.push(message);
  }

  /** The ids of its models, in the order in which they were made. */
  get models(): string[] {
    return [...this.#models.keys()];
  }

  /** Takes a request, and gives the answer. */
  answer(request: ReceivedRequest): Response {
    const endpoint = endpointOf(request);
    const handler = this.#routes[`${request.method} ${endpoint}`];
    if (handler !== undefined) return handler(request.body, request);
    if (endpoint.startsWith('samplers/')) return this.#sampler(endpoint.slice('samplers/'.length));
    return this.checkpoints.answer(request, endpoint, this.#models);
  }

  readonly #routes: Readonly<Record<string, (body: Body, request: ReceivedRequest) => Response>> = {
    'POST client/config': () => (this.#release === '0.2' ? notFound() : json({ pjwt_auth_enabled: false })),
    'GET healthz': () => json({ status: 'ok' }),
    'GET get_server_capabilities': () => json({ supported_models: [{ model_name: 'Qwen/Qwen3-0.6B' }] }),
    'POST create_session': (body) => required(body, 'tags', 'sdk_version') ?? this.#createSession(),
    'POST session_heartbeat': ({ session_id: id }) => (this.#sessions.has(String(id)) ? json({ type: 'session_heartbeat' }) : failed(404, 'Session not found')),
    'POST telemetry': (body) => required(body, 'events', 'platform', 'sdk_version', 'session_id') ?? json({ status: 'accepted' }),
    'POST create_model': (body) => this.#createModel(body),
    'POST unload_model': (body) => this.#ofModel(body, 'unload_model', (id) => ({ model_id: id, status: 'unloaded', type: 'unload_model' }), (id) => ({ model_id: id })),
    'POST get_info': (body) => this.#getInfo(body),
    'POST forward_backward': (body, request) => this.#forwardBackward(body, request),
    'POST forward': (body) => required(body, 'model_id', 'forward_input') ?? this.#pass(body, record(body['forward_input'])),
    'POST optim_step': (body) => this.#numbered(body, 'optim_step', { metrics: { 'skyrl.ai/grad_norm': 1.5, 'skyrl.ai/learning_rate': 0.0001 } }),
    'POST save_weights': (body) => this.#save(body, 'weights'),
    'POST save_weights_for_sampler': (body) => this.#save(body, 'sampler_weights'),
    'POST load_weights': (body) => this.#load(body),
    'POST create_sampling_session': (body) => this.#createSampler(body),
    'POST asample': (body) => this.#sample(body),
    'POST retrieve_future': (body, request) => this.#retrieve(String(body['request_id']), request),
  };

  #createSession(): Response {
    const id = `session_${this.#hex()}`;
    this.#sessions.add(id);
    return json({ type: 'create_session', info_message: null, warning_message: null, error_message: null, session_id: id });
  }

  #createModel(body: Body): Response {
    const refused = required(body, 'session_id', 'base_model', 'lora_config');
    if (refused !== undefined) return refused;
    if (!this.#sessions.has(String(body['session_id']))) return failed(404, 'Session not found');
    const { base_model: base, lora_config: lora } = body;
    const id = `model_${this.#hex()}`;
    this.#models.set(id, { base: String(base), rank: Number(record(lora)['rank']), jobs: 0 });
    const config = { ...record(lora), alpha: 32, train_attn: true, train_mlp: true, train_unembed: false };
    const { request_id } = this.#enqueue('create_model', { model_id: id, base_model: base, lora_config: config });
    return json({ model_id: id, base_model: base, lora_config: lora, status: 'created', request_id });
  }

  #getInfo({ model_id: id }: Body): Response {
    const model = this.#models.get(String(id));
    if (model === undefined) return failed(404, 'Model not found');
    const names = { base_model: model.base, lora_config: { rank: model.rank, seed: null }, model_name: model.base };
    return json({ model_id: id, status: 'created', model_data: names });
  }

  #forwardBackward(body: Body, { headers }: ReceivedRequest): Response {
    if (headers.get('content-type') !== 'application/x-protobuf') {
      return required(body, 'model_id', 'forward_backward_input') ?? this.#pass(body, record(body['forward_backward_input']));
    }
    if (this.#release !== 'head') return plain500();
    const pass = record(body['pass']);
    const data = Array.isArray(pass['data']) ? pass['data'] : [];
    if (data.some((datum) => Object.values(record(record(datum)['lossFnInputs'])).some((tensor) => record(tensor)['csr'] !== undefined))) {
      return failed(422, 'Sparse loss_fn_input tensors are not supported');
    }
    return this.#pass(body, { data: data.map((datum) => ({ loss_fn_inputs: record(datum)['lossFnInputs'] })), loss_fn: pass['lossFn'] });
  }

  #pass(body: Body, { data, loss_fn: lossFn }: Body): Response {
    const expected = losses.map((name) => `'${name}'`).join(', ');
    if (!losses.includes(String(lossFn))) return wrongField('literal_error', ['forward_backward_input', 'loss_fn'], `Input should be ${expected}`);
    const inputs = (Array.isArray(data) ? data : []).map((datum) => record(record(datum)['loss_fn_inputs']));
    if (inputs.some((names) => names['target_tokens'] === undefined)) return plain500();
    const loss_fn_outputs = inputs.map(() => ({
      elementwise_loss: { data: [0.5], dtype: 'float32', shape: [1] },
      logprobs: { data: [-0.5], dtype: 'float32', shape: [1] },
    }));
    return this.#numbered(body, 'forward_backward', { loss_fn_output_type: 'scalar', loss_fn_outputs, metrics: {} });
  }

  /** A request of the only three kinds of which the server knows the number again; the last release alone does. */
  #numbered(body: Body, kind: string, result: Body): Response {
    const key = `${String(body['model_id'])} ${String(body['seq_id'])}`;
    const payload = `${kind} ${JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}`;
    const earlier = this.#release === 'head' ? this.#numbers.get(key) : undefined;
    if (earlier !== undefined) {
      return earlier.payload === payload ? json(earlier.receipt) : failed(409, 'Training request sequence number was reused');
    }
    return this.#ofModel(body, kind, () => result, undefined, (receipt) => this.#numbers.set(key, { payload, receipt }));
  }

  #save(body: Body, kind: 'weights' | 'sampler_weights'): Response {
    const { path, sampling_session_seq_id: session, seq_id: seq } = body;
    if (kind === 'weights' && path === undefined) return wrongField('missing', ['body', 'path'], 'Field required');
    const name = typeof path === 'string' ? path : `ss${String(session)}_seq${String(seq)}`;
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) return wrongField('string_pattern_mismatch', ['body', 'path'], "String should match pattern '^[a-zA-Z0-9_-]+$'");
    const run = String(body['model_id']);
    if (!this.#models.has(run)) return failed(404, 'Model not found');
    if (!this.checkpoints.add(run, kind, name)) return failed(409, `Checkpoint '${name}' already exists for model '${run}'`);
    if (kind === 'weights') return this.#ofModel(body, 'save_weights', () => ({ path: `tinker://${run}/weights/${name}`, type: 'save_weights' }));
    const opened = path === undefined ? this.#openSampler({ base_model: null, model_path: `tinker://${run}/${name}` }) : null;
    const saved = { path: path === undefined ? null : `tinker://${run}/${name}`, type: 'save_weights_for_sampler', sampling_session_id: opened };
    return this.#ofModel(body, 'save_weights_for_sampler', () => saved);
  }

  #load(body: Body): Response {
    const [run, kind, name] = String(body['path']).slice('tinker://'.length).split('/');
    if (kind !== 'weights') return failed(400, 'request must be of the form tinker://source_model_id/weights/checkpoint_id');
    if ((this.#models.get(String(body['model_id']))?.jobs ?? 0) > 0) return failed(400, `LoadWeights is not permitted with seq_id ${String(body['seq_id'])}`);
    if (!this.checkpoints.has(String(run), kind, String(name))) return failed(404, 'Checkpoint not found');
    return this.#ofModel(body, 'load_weights', () => ({ type: 'load_weights' }));
  }

  #createSampler(body: Body): Response {
    if ((body['base_model'] === undefined) === (body['model_path'] === undefined)) return failed(400, 'Exactly one of base_model and model_path must be given');
    return json({ type: 'create_sampling_session', sampling_session_id: this.#openSampler(body) });
  }

  #openSampler({ base_model = null, model_path = null }: Body): string {
    const id = `sampling_${this.#hex()}`;
    this.#samplers.set(id, { sampler_id: id, base_model: base_model ?? 'Qwen/Qwen3-0.6B', model_path });
    return id;
  }

  #sampler(id: string): Response {
    const sampler = this.#samplers.get(id);
    return sampler === undefined ? failed(404, 'Sampler not found') : json(sampler);
  }

  #sample(body: Body): Response {
    if (!this.#samplers.has(String(body['sampling_session_id']))) return failed(404, 'Sampling session not found');
    const { max_tokens: most = null, stop } = record(body['sampling_params']);
    if (typeof stop === 'string') return wrongField('list_type', ['body', 'sampling_params', 'stop', 'list[int]'], 'Input should be a valid list');
    if (most === null) return failed(400, 'max_tokens must be specified');
    const [chunk] = [record(body['prompt'])['chunks']].flat();
    const tokens: unknown = record(chunk)['tokens'];
    const rest = Array.isArray(tokens) ? tokens.slice(1) : [];
    const prompt_logprobs = body['prompt_logprobs'] === true ? rest.map(() => -0.25) : null;
    const sequences = Array.from({ length: Number(body['num_samples']) }, () => ({ stop_reason: 'length', tokens: [5, 6], logprobs: [-0.5, -1] }));
    return json(this.#enqueue('sample', { sequences, prompt_logprobs, topk_prompt_logprobs: null }));
  }

  #retrieve(id: string, { headers }: ReceivedRequest): Response {
    const future = this.#futures.get(id);
    if (future === undefined) return /^\d+$/.test(id) ? failed(404, 'Future not found') : plain500();
    if ('failure' in future) return failed(400, future.failure);
    if (this.#release !== 'head' || future.kind !== 'forward_backward' || headers.get('accept')?.includes('x-protobuf') !== true) return json(future.result);
    return new Response(encodePassOutput(rightOf(decodePassResult(future.result))), { headers: { 'content-type': 'application/x-protobuf' } });
  }

  #ofModel(body: Body, kind: string, result: (id: string) => Body, more: (id: string) => Body = () => ({}), keep: (receipt: Body) => void = () => undefined): Response {
    const id = String(body['model_id']);
    const model = this.#models.get(id);
    if (model === undefined) return failed(404, 'Model not found');
    model.jobs += 1;
    const receipt = { ...this.#enqueue(kind, result(id)), ...more(id) };
    keep(receipt);
    return json(receipt);
  }

  #enqueue(kind: string, result: Body): { readonly request_id: string } & Body {
    this.#ids += 1;
    const id = String(this.#ids);
    const failure = kind === 'create_model' ? undefined : this.#failures.shift();
    this.#futures.set(id, failure === undefined ? { kind, result } : { failure });
    return { future_id: id, status: 'pending', request_id: id };
  }

  #hex(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(8, '0');
  }
}

const open: ServiceClient[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

/** A client of a SkyRL server, in simulated time; it is closed with the test. */
export interface SkyrlService {
  readonly skyrl: Skyrl;
  readonly server: ScriptedServer;
  readonly environment: SimulatedEnvironment;
  readonly service: ServiceClient;
}

export function skyrlService(release?: SkyrlRelease, options: Partial<ServiceClientOptions> = {}): SkyrlService {
  const skyrl = new Skyrl(release);
  const environment = simulatedEnvironment();
  const { server } = skyrl;
  const service = new ServiceClient({
    baseUrl: 'http://skyrl.test:8000',
    apiKey: 'anything',
    fetch: server.fetch,
    environment,
    onError: () => undefined,
    onQueueState: () => undefined,
    ...options,
  });
  open.push(service);
  return { skyrl, server, environment, service };
}

/** The same with one training client. */
export async function skyrlTraining(...options: Parameters<typeof skyrlService>): Promise<SkyrlService & { readonly training: TrainingClient }> {
  const opened = skyrlService(...options);
  const training = await opened.service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
  return { ...opened, training };
}

/** The requests so far from the first model on, as `METHOD endpoint`, polls left out. */
export function asked({ requests }: ScriptedServer): string[] {
  return requests.map((request) => `${request.method} ${endpointOf(request)}`).filter((line) => !/retrieve_future|heartbeat/.test(line));
}
