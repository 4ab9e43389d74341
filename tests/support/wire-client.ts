/** The protocol by hand, for tests of the server itself: no retries, nothing hidden. */
export interface WireClient {
  /** Posts and gives the decoded answer; throws on anything but 2xx. */
  post(endpoint: string, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** Submits an operation and polls until it has ended. */
  run(endpoint: string, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** Polls until the operation has ended. */
  result(requestId: string): Promise<Readonly<Record<string, unknown>>>;
  /** Opens a session with one model; gives their ids. */
  openModel(rank?: number, baseModel?: string): Promise<{ sessionId: string; modelId: string }>;
}

export function wireClient(server: { readonly url: string; readonly apiKey: string }): WireClient {
  const post: WireClient['post'] = async (endpoint, body) => {
    const response = await fetch(`${server.url}/api/v1/${endpoint}`, {
      method: 'POST',
      headers: { 'x-api-key': server.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${endpoint}: ${response.status} ${text}`);
    const answer: unknown = JSON.parse(text);
    return isRecord(answer) ? answer : {};
  };
  const result: WireClient['result'] = async (requestId) => {
    for (;;) {
      const answer = await post('retrieve_future', { request_id: requestId });
      if (answer['type'] !== 'try_again') return answer;
    }
  };
  const run: WireClient['run'] = async (endpoint, body) => await result(String((await post(endpoint, body))['request_id']));
  return {
    post,
    result,
    run,
    openModel: async (rank = 4, baseModel = 'local/tiny') => {
      const session = await post('create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
      const sessionId = String(session['session_id']);
      const created = await run('create_model', { session_id: sessionId, model_seq_id: 0, base_model: baseModel, lora_config: { rank, seed: 1 } });
      return { sessionId, modelId: String(created['model_id']) };
    },
  };
}

/** A pass over the text's bytes, each predicting the next. */
export function textPass(modelId: string, seqId: number, text = 'To be, or not to be', copies = 1): object {
  const bytes = [...Buffer.from(text)];
  const tensor = (data: readonly number[], dtype: string): object => ({ data, dtype, shape: [data.length] });
  const datum = {
    model_input: { chunks: [{ tokens: bytes.slice(0, -1), type: 'encoded_text' }] },
    loss_fn_inputs: { target_tokens: tensor(bytes.slice(1), 'int64'), weights: tensor(bytes.slice(1).map(() => 1), 'float32') },
  };
  return { forward_backward_input: { data: Array.from({ length: copies }, () => datum), loss_fn: 'cross_entropy' }, model_id: modelId, seq_id: seqId };
}

/** An optimizer step. */
export function adamStep(modelId: string, seqId: number): object {
  return { adam_params: { learning_rate: 0.01 }, model_id: modelId, seq_id: seqId, type: 'optim_step' };
}

/** The summed loss of a pass. */
export function lossOf(answer: Readonly<Record<string, unknown>>): number {
  const { metrics } = answer;
  return isRecord(metrics) && typeof metrics['loss:sum'] === 'number' ? metrics['loss:sum'] : Number.NaN;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
