import * as E from 'fp-ts/lib/Either.js';
import { messageOf, TinkerError } from '../types/errors.js';
import type { SampledSequence, SampleResponse } from '../types/sampling.js';
import type { TopkLogprob, TopkPromptLogprobs } from '../types/sampling-json.js';
import { unpackFloat32, unpackInt32 } from './packed.js';
import { ProtoMessage } from './proto-message.js';
import { stopReasons, unused } from './sample-terms.js';

/** Reads a result of sampling in protobuf (wire protocol §5.5). */
export function decodeSampleResponse(bytes: Uint8Array): E.Either<TinkerError, SampleResponse> {
  try {
    const response = new ProtoMessage(bytes);
    const promptLogprobs = readPromptLogprobs(response.bytes(2));
    const topkPromptLogprobs = readTopk(new ProtoMessage(response.bytes(3)));
    return E.right({
      sequences: response.messages(1).map(readSequence),
      ...(promptLogprobs === undefined ? {} : { promptLogprobs }),
      ...(topkPromptLogprobs === undefined ? {} : { topkPromptLogprobs }),
      promptCacheHitTokens: response.integer(4),
    });
  } catch (thrown) {
    return E.left(new TinkerError('malformedResponse', `The result is not a valid SampleResponse: ${messageOf(thrown)}`, { cause: thrown }));
  }
}

function readSequence(sequence: ProtoMessage): SampledSequence {
  const stopReason = sequence.integer(1);
  const logprobs = sequence.bytes(3);
  const read = { stopReason: stopReasons[stopReason] ?? `unknown(${stopReason})`, tokens: unpackInt32(sequence.bytes(2)) };
  // Empty stands for absent: a server that gives none may leave it out or send it so.
  return logprobs.length === 0 ? read : { ...read, logprobs: unpackFloat32(logprobs) };
}

function readPromptLogprobs(bytes: Uint8Array): readonly (number | null)[] | undefined {
  if (bytes.length === 0) return undefined;
  return Array.from(unpackFloat32(bytes), (logprob) => (Number.isNaN(logprob) ? null : logprob));
}

/** Rows of k cells each; the unused cells at the end of a row are left out, and a row without any is null. */
function readTopk(topk: ProtoMessage): TopkPromptLogprobs | undefined {
  const [k, promptLength] = [topk.integer(3), topk.integer(4)];
  if (k === 0 || promptLength === 0) return undefined;
  const [tokens, values] = [unpackInt32(topk.bytes(1)), unpackFloat32(topk.bytes(2))];
  const cells = k * promptLength;
  if (tokens.length !== cells || values.length !== cells) {
    throw new Error(`${promptLength} rows of ${k} top log-probabilities hold ${tokens.length} tokens and ${values.length} values`);
  }
  return Array.from({ length: promptLength }, (_, row) => {
    const start = row * k;
    const pairs = Array.from(tokens.subarray(start, start + k), (token, cell): TopkLogprob => ({ token, logprob: Number(values[start + cell]) }));
    const firstUnused = pairs.findIndex(({ token, logprob }) => token === unused.token && logprob === unused.logprob);
    if (firstUnused === -1) return pairs;
    return firstUnused === 0 ? null : pairs.slice(0, firstUnused);
  });
}
