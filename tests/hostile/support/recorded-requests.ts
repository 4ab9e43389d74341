import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { passRequest, stepRequest } from '../../support/local-api.js';
import { readFixture, releases } from '../../recorded/support/fixtures.js';

/** A request as a client sends it. */
export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
}

/** What is there on the server that the requests are sent to. */
export interface Known {
  readonly sessionId: string;
  readonly modelId: string;
  readonly requestId: string;
}

const session = '<session 1>';
const modelOfSession = Buffer.from(`\n\u0013${session}:train:0`);
const fixtures = fileURLToPath(new URL('../../recorded/fixtures/newest', import.meta.url));

/** What the official SDK sent when it was recorded, one of each kind, as if it spoke with a server that knows these. */
export async function recordedRequests(known: Known): Promise<readonly Sent[]> {
  const found = new Map<string, Sent>();
  for (const release of releases) {
    for (const file of readdirSync(fixtures)) {
      const recording = await readFixture(release, file.replace(/\.json$/, '')).catch(() => ({ requests: [] }));
      for (const { method, target, body, protobuf, headers } of recording.requests) {
        const content = protobuf === undefined ? (body === undefined ? undefined : Buffer.from(living(body, known))) : livingPass(protobuf, known);
        const sent = { method, target: living(target, known), contentType: headers['content-type'], body: content };
        const kind = `${method} ${sent.target.split('?')[0] ?? ''} ${protobuf === undefined ? '' : 'protobuf'} ${Math.round(Math.log2(content?.length ?? 1))}`;
        if (!found.has(kind)) found.set(kind, sent);
      }
    }
  }
  return [...found.values(), ...ownRequests(known)];
}

function living(text: string, { sessionId, requestId }: Known): string {
  return text
    .replace(/<\w+ \d+ of <session 1>[^>]*>/g, requestId)
    .replaceAll(session, sessionId)
    .replaceAll('local/tiny', 'fake/one');
}

function livingPass(base64: string, { modelId }: Known): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (!bytes.subarray(0, modelOfSession.length).equals(modelOfSession)) return bytes;
  return Buffer.concat([Buffer.from([0x0a, modelId.length]), Buffer.from(modelId), bytes.subarray(modelOfSession.length)]);
}

/** What that SDK does not send, and small requests that succeed. */
function ownRequests({ sessionId, modelId, requestId }: Known): readonly Sent[] {
  const post = (path: string, body: unknown): Sent => ({ method: 'POST', target: `/api/v1/${path}`, contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) });
  const bare = (method: string, target: string): Sent => ({ method, target: `/api/v1/${target}`, contentType: undefined, body: undefined });
  return [
    post('forward', passRequest(modelId, undefined, [1, 2, 3], 'forward')),
    post('forward_backward', passRequest(modelId, undefined)),
    post('optim_step', stepRequest(modelId, undefined)),
    post('save_weights', { model_id: modelId, path: 'kept', overwrite: true, ttl_seconds: 1000 }),
    post('save_weights_for_sampler', { model_id: modelId, path: 'drawn', overwrite: true }),
    post('load_weights', { model_id: modelId, path: `tinker://${modelId}/weights/kept`, optimizer: true }),
    post('create_sampling_session', { session_id: sessionId, sampling_session_seq_id: 1, base_model: 'fake/one' }),
    post('asample', { sampling_session_id: `${sessionId}:sample:1`, seq_id: 1, prompt: { chunks: [{ tokens: [1], type: 'encoded_text' }] }, sampling_params: { max_tokens: 2, seed: 9007199254740991 }, num_samples: 1 }),
    post('retrieve_future', { request_id: requestId, allow_metadata_only: true }),
    post('cancel_future', { request_id: requestId }),
    post('local/faults', { endpoint: 'optim_step', action: 'status', status: 400, body: { detail: 'x' }, headers: { 'retry-after': '1' } }),
    post('copy_weights', { model_id: modelId, seq_id: 1 }),
    bare('GET', `local/ledger?model_id=${encodeURIComponent(modelId)}`),
    bare('GET', 'local/faults'),
    bare('DELETE', 'local/faults?id=1'),
    bare('GET', 'billing/usage/events?start_time=2026-01-01T00:00:00Z&end_time=2026-01-02T00:00:00Z'),
    bare('GET', 'audit?day=2026-01-01'),
    bare('GET', `training_runs/${modelId}/checkpoints/weights/kept/archive`),
    bare('GET', `training_runs/${modelId}/checkpoints?limit=5`),
    bare('GET', 'healthz'),
    { method: 'GET', target: '/tokenizers/fake/one/tokenizer.json', contentType: undefined, body: undefined },
    { method: 'GET', target: '/download/0123abcd/archive?expires=1&signature=ff', contentType: undefined, body: undefined },
  ];
}
