/** The requests of the cases as our client writes them, for programs that only send them. */
import { ModelInput } from '../../dist/index.js';
import { toEncodable } from '../../dist/types/data.js';
import { defaultClientConfig } from '../../dist/types/service.js';
import { splitIntoChunks } from '../../dist/wire/chunking.js';
import { encodePassRequest } from '../../dist/wire/pass-proto.js';
import { typedTokens, typedWeights } from './data.mjs';
import { body, modelId } from './requests.mjs';
import { work } from './work.mjs';

/** @typedef {import('./requests.mjs').Prepared} Prepared */

/**
 * The chunks of a pass, each a request; datums are made and dropped as they are written.
 * @param {number} datums
 * @param {number} tokens
 * @param {number} [firstSeqId]
 * @returns {Prepared[]}
 */
export function passRequests(datums, tokens, firstSeqId = 1) {
  const one = toEncodable([datum(tokens, 0)]);
  // All datums are as large as the first.
  const perChunk = splitIntoChunks(Array.from({ length: datums }, () => one).flat(), {
    length: defaultClientConfig.fwdbwdMaxChunkLen,
    bytes: defaultClientConfig.fwdbwdMaxChunkBytesCount,
  }).map(({ data }) => data.length);
  let from = 0;
  return perChunk.map((count, chunk) => {
    const data = toEncodable(Array.from({ length: count }, (_, at) => datum(tokens, from + at)));
    from += count;
    const content = encodePassRequest({ data, lossFn: work.lossFn, lossFnConfig: undefined, forwardOnly: false }, modelId, firstSeqId + chunk);
    return { path: '/api/v1/forward_backward', type: 'ForwardBackward', contentType: 'application/x-protobuf', body: content };
  });
}

/** @param {number} tokens @param {number} seed */
function datum(tokens, seed) {
  return {
    modelInput: ModelInput.fromInts(typedTokens(tokens, seed)),
    lossFnInputs: { target_tokens: typedTokens(tokens, seed + 1), weights: typedWeights(tokens) },
  };
}

/** @param {number} seqId */
export function optimStepRequest(seqId) {
  const { learningRate } = work;
  return body('optim_step', 'OptimStep', {
    adam_params: { learning_rate: learningRate, beta1: 0.9, beta2: 0.95, eps: 1e-12, weight_decay: 0, grad_clip_norm: 0 },
    model_id: modelId,
    seq_id: seqId,
    type: 'optim_step',
  });
}
