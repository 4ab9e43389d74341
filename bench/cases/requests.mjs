/** Small requests as our client writes them, without loading any of it. */
import { work } from './work.mjs';

/**
 * @typedef {object} Prepared
 * @property {string} path
 * @property {string} type how its result is asked for
 * @property {string} contentType
 * @property {Uint8Array} body
 */

export const modelId = 'bench:train:0';

/**
 * @param {string} endpoint
 * @param {string} type
 * @param {unknown} message
 * @returns {Prepared}
 */
export function body(endpoint, type, message) {
  return { path: `/api/v1/${endpoint}`, type, contentType: 'application/json', body: Buffer.from(JSON.stringify(message)) };
}

/** Saves and loads alternately. @param {number} at counted from 0 */
export function saveOrLoadRequest(at) {
  const seqId = at + 1;
  if (at % 2 === 0) {
    return body('save_weights', 'SaveWeights', { model_id: modelId, path: 'bench', seq_id: seqId, overwrite: false, type: 'save_weights' });
  }
  const path = `tinker://${modelId}/weights/bench`;
  return body('load_weights', 'LoadWeights', { model_id: modelId, seq_id: seqId, path, optimizer: false, type: 'load_weights' });
}

/** @param {number} seqId @param {readonly number[]} tokens @param {number} maxTokens */
export function sampleRequest(seqId, tokens, maxTokens) {
  return body('asample', 'Sample', {
    num_samples: 1,
    prompt: { chunks: [{ tokens, type: 'encoded_text' }] },
    sampling_params: { max_tokens: maxTokens, temperature: 1, top_k: -1, top_p: 1 },
    sampling_session_id: 'bench:sample:0',
    seq_id: seqId,
    prompt_logprobs: false,
    topk_prompt_logprobs: 0,
    type: 'sample',
  });
}

/** What comes before the first operation, in order. */
export const startUp = {
  settings: [body('client/config', '', { sdk_version: '0.25.0' }), body('client/dynamic_config', '', { sdk_version: '0.25.0' })],
  session: body('create_session', '', { tags: [], user_metadata: {}, sdk_version: '0.25.0', type: 'create_session' }),
  model: body('create_model', 'CreateModel', {
    session_id: 'bench',
    model_seq_id: 0,
    base_model: work.baseModel,
    lora_config: { rank: work.rank, train_unembed: true, train_mlp: true, train_attn: true },
    type: 'create_model',
  }),
  sampler: body('create_sampling_session', '', {
    session_id: 'bench',
    sampling_session_seq_id: 0,
    base_model: work.baseModel,
    type: 'create_sampling_session',
  }),
};

const common = {
  accept: 'application/json',
  'user-agent': 'tinkerjs/0.1.0',
  'x-api-key': 'tml-bench',
  'x-idempotency-key': 'tinkerjs-00000000-0000-4000-8000-000000000000',
  'x-stainless-arch': 'x64',
  'x-stainless-async': 'async:node',
  'x-stainless-os': 'Linux',
  'x-stainless-package-version': '0.25.0',
  'x-stainless-read-timeout': '60',
  'x-stainless-retry-count': '0',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': process.version,
  'accept-encoding': 'gzip, deflate, br',
};

/** Headers of a submission. @param {Prepared} request */
export function submitHeaders({ contentType, type }) {
  const own = type === 'Sample' ? { 'x-tinker-sampling-backpressure': '1' } : {};
  return { ...common, ...own, 'content-type': contentType };
}

/** Headers of the poll that follows it. @param {Prepared} request */
export function pollHeaders({ type }) {
  const binary = type === 'Sample' || type === 'ForwardBackward';
  return {
    ...common,
    ...(binary ? { accept: 'application/x-protobuf, application/json' } : {}),
    'content-type': 'application/json',
    'x-stainless-read-timeout': '45',
    'x-tinker-create-promise-roundtrip-time': '0.002387401',
    'x-tinker-request-iteration': '0',
    'x-tinker-request-type': type,
  };
}
