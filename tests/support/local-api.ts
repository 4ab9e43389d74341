import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/server/app.js';
import { openDataDir } from '../../src/server/data-dir.js';
import { openLocalApi, type LocalApi } from '../../src/server/local-api.js';
import { resolveServerOptions, type LocalServerOptions } from '../../src/server/options/options.js';
import { FakeEngine } from './fake-engine.js';
import { ManualClock, settle } from './manual-clock.js';

/** An answer, taken apart. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A local server without a socket, with a fake engine and a clock that stands still. */
export interface TestApi {
  readonly api: LocalApi;
  readonly engine: FakeEngine;
  readonly clock: ManualClock;
  readonly log: readonly string[];
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>, env?: object): Promise<Response>;
  post(path: string, body: unknown): Promise<Answer>;
  /** Submits an operation and gives its request id. */
  submit(path: string, body: unknown): Promise<string>;
  /** Polls until the operation has ended. */
  poll(requestId: string, allowMetadataOnly?: boolean): Promise<Answer>;
  /** Polls an operation that does not end, and lets the hold pass. */
  pollPending(requestId: string): Promise<Answer>;
  /** Opens a session with one model; gives their ids. */
  openModel(modelSeqId?: number): Promise<{ sessionId: string; modelId: string }>;
  /** Stops it as SIGKILL would, and starts another on the same data. */
  crash(options?: LocalServerOptions): Promise<TestApi>;
  close(): Promise<void>;
}

const key = 'tml-test';

export async function openTestApi(options: LocalServerOptions = {}, dataDir?: string, clock = new ManualClock()): Promise<TestApi> {
  const path = dataDir ?? (await mkdtemp(join(tmpdir(), 'tinkerjs-api-')));
  const log: string[] = [];
  const dir = await openDataDir(path);
  const engine = new FakeEngine();
  const resolved = resolveServerOptions({ faults: true, log: (line) => log.push(line), ...options, dataDir: path });
  const api = await openLocalApi({ ...dir, options: resolved, apiKey: key, clock, engine });
  const app = createApp(api);

  const request: TestApi['request'] = async (method, at, body, headers = {}, env = {}) => {
    const content = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body);
    const init: RequestInit = { method, headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers } };
    return await app.request(at, body === undefined ? init : { ...init, body: content }, env);
  };
  const post: TestApi['post'] = async (at, body) => {
    const response = await request('POST', at, body);
    const answer: unknown = await response.json();
    return { status: response.status, body: isRecord(answer) ? answer : {} };
  };
  const submit: TestApi['submit'] = async (at, body) => {
    const answer = await post(at, body);
    if (answer.status !== 200) throw new Error(`${at}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return String(answer.body['request_id']);
  };
  const poll: TestApi['poll'] = async (requestId, allowMetadataOnly = false) =>
    await post('/api/v1/retrieve_future', { request_id: requestId, allow_metadata_only: allowMetadataOnly });
  const pollPending: TestApi['pollPending'] = async (requestId) => {
    const answer = poll(requestId);
    await settle();
    clock.advance(resolved.pollHoldMs);
    return await answer;
  };
  const openModel: TestApi['openModel'] = async (modelSeqId = 0) => {
    const session = await post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
    const sessionId = String(session.body['session_id']);
    const lora = { rank: 4, seed: 1 };
    await poll(await submit('/api/v1/create_model', { session_id: sessionId, model_seq_id: modelSeqId, base_model: 'fake/one', lora_config: lora }));
    return { sessionId, modelId: `${sessionId}:train:${modelSeqId}` };
  };
  return {
    api,
    engine,
    clock,
    log,
    request,
    post,
    submit,
    poll,
    pollPending,
    openModel,
    crash: async (changed = options) => {
      await dir.release();
      // The old one's timers must never fire again: its clock stops here.
      return await openTestApi(changed, path, new ManualClock(clock.now()));
    },
    close: async () => {
      await api.close();
      await dir.release();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A forward-backward request in the JSON dialect. */
export function passRequest(modelId: string, seqId: number | undefined, tokens: readonly number[] = [1, 2, 3], kind: 'forward' | 'forward_backward' = 'forward_backward'): object {
  const tensor = (data: readonly number[], dtype: string): object => ({ data, dtype, shape: [data.length] });
  const inputs = { target_tokens: tensor(tokens, 'int64'), weights: tensor(tokens.map(() => 1), 'float32') };
  const datum = { model_input: { chunks: [{ tokens, type: 'encoded_text' }] }, loss_fn_inputs: inputs };
  return { [`${kind}_input`]: { data: [datum], loss_fn: 'cross_entropy' }, model_id: modelId, seq_id: seqId };
}

/** An optimizer step. */
export function stepRequest(modelId: string, seqId: number | undefined, learningRate = 0.001): object {
  return { adam_params: { learning_rate: learningRate }, model_id: modelId, seq_id: seqId, type: 'optim_step' };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
