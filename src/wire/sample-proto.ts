import * as E from 'fp-ts/lib/Either.js';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { messageOf, TinkerError } from '../types/errors.js';
import type { SampledSequence, SampleResponse, StopReason } from '../types/sampling.js';
import type { TopkLogprob, TopkPromptLogprobs } from '../types/sampling-json.js';
import { pack, unpackFloat32, unpackInt32 } from './packed.js';
import {
  SampleResponseSchema,
  type SampledSequence as WireSequence,
  type SampledSequenceSchema,
  type TopkPromptLogprobs as WireTopk,
  type TopkPromptLogprobsSchema,
} from './proto/tinker_public_pb.js';

const unusedToken = 0;
const unusedLogprob = -99999;

const stopReasons: readonly StopReason[] = ['stop', 'length'];
const unknownReason = /^unknown\((-?\d+)\)$/;

/** Reads a result of sampling in protobuf (wire protocol §5.5). */
export function decodeSampleResponse(bytes: Uint8Array): E.Either<TinkerError, SampleResponse> {
  try {
    const { sequences, promptLogprobs, topkPromptLogprobs, promptCacheHitTokens } = fromBinary(SampleResponseSchema, bytes);
    return E.right({
      sequences: sequences.map(readSequence),
      ...present('promptLogprobs', promptLogprobs === undefined ? undefined : readPromptLogprobs(promptLogprobs)),
      ...present('topkPromptLogprobs', topkPromptLogprobs === undefined ? undefined : readTopk(topkPromptLogprobs)),
      promptCacheHitTokens,
    });
  } catch (thrown) {
    return E.left(new TinkerError('malformedResponse', `The result is not a valid SampleResponse: ${messageOf(thrown)}`, { cause: thrown }));
  }
}

/**
 * Writes a result of sampling in protobuf (wire protocol §5.5).
 * @param topk cells in each row of top log-probabilities, as they were asked for; more where a row has more
 * @throws Error on a stop reason that has no number
 */
export function encodeSampleResponse(response: SampleResponse, topk = 0): Uint8Array<ArrayBuffer> {
  const { sequences, promptLogprobs, topkPromptLogprobs, promptCacheHitTokens } = response;
  const message = create(SampleResponseSchema, {
    sequences: sequences.map(writeSequence),
    ...present('promptLogprobs', promptLogprobs === undefined ? undefined : pack(toFloats(promptLogprobs))),
    ...present('topkPromptLogprobs', topkPromptLogprobs === undefined ? undefined : writeTopk(topkPromptLogprobs, topk)),
    promptCacheHitTokens,
  });
  return toBinary(SampleResponseSchema, message);
}

/** A field that is left out where there is no value. */
function present<K extends string, A>(name: K, value: A | undefined): { [P in K]?: A } {
  const entry: { [P in K]?: A } = {};
  if (value !== undefined) entry[name] = value;
  return entry;
}

function readSequence({ stopReason, tokens, logprobs }: WireSequence): SampledSequence {
  const read = { stopReason: stopReasons[stopReason] ?? `unknown(${stopReason})`, tokens: unpackInt32(tokens) };
  // Empty stands for absent: a server that gives none may leave it out or send it so.
  return logprobs === undefined || logprobs.length === 0 ? read : { ...read, logprobs: unpackFloat32(logprobs) };
}

function writeSequence({ stopReason, tokens, logprobs }: SampledSequence): MessageInitShape<typeof SampledSequenceSchema> {
  return { stopReason: reasonNumber(stopReason), tokens: pack(tokens), ...present('logprobs', logprobs === undefined ? undefined : pack(logprobs)) };
}

function reasonNumber(reason: StopReason): number {
  const known = stopReasons.indexOf(reason);
  if (known !== -1) return known;
  const [, number] = unknownReason.exec(reason) ?? [];
  if (number === undefined) throw new Error(`the stop reason ${reason} has no number in protobuf`);
  return Number(number);
}

function readPromptLogprobs(bytes: Uint8Array): readonly (number | null)[] | undefined {
  if (bytes.length === 0) return undefined;
  return Array.from(unpackFloat32(bytes), (logprob) => (Number.isNaN(logprob) ? null : logprob));
}

function toFloats(logprobs: readonly (number | null)[]): Float32Array {
  return Float32Array.from(logprobs, (logprob) => logprob ?? Number.NaN);
}

/** Rows of k cells each; the unused cells at the end of a row are left out, and a row without any is null. */
function readTopk({ tokenIds, logprobs, k, promptLength }: WireTopk): TopkPromptLogprobs | undefined {
  if (k === 0 || promptLength === 0) return undefined;
  const [tokens, values] = [unpackInt32(tokenIds), unpackFloat32(logprobs)];
  const cells = k * promptLength;
  if (tokens.length !== cells || values.length !== cells) {
    throw new Error(`${promptLength} rows of ${k} top log-probabilities hold ${tokens.length} tokens and ${values.length} values`);
  }
  return Array.from({ length: promptLength }, (_, row) => {
    const start = row * k;
    const pairs = Array.from(tokens.subarray(start, start + k), (token, cell): TopkLogprob => ({ token, logprob: Number(values[start + cell]) }));
    const firstUnused = pairs.findIndex(({ token, logprob }) => token === unusedToken && logprob === unusedLogprob);
    if (firstUnused === -1) return pairs;
    return firstUnused === 0 ? null : pairs.slice(0, firstUnused);
  });
}

function writeTopk(rows: TopkPromptLogprobs, asked: number): MessageInitShape<typeof TopkPromptLogprobsSchema> {
  const k = rows.reduce((most, row) => Math.max(most, row?.length ?? 0), asked);
  const tokens = new Int32Array(rows.length * k).fill(unusedToken);
  const values = new Float32Array(rows.length * k).fill(unusedLogprob);
  rows.forEach((row, index) => {
    row?.forEach(({ token, logprob }, cell) => {
      tokens[index * k + cell] = token;
      values[index * k + cell] = logprob;
    });
  });
  return { tokenIds: pack(tokens), logprobs: pack(values), k, promptLength: rows.length };
}
