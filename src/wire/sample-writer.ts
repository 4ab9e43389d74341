import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { SampledSequence, SampleResponse, StopReason } from '../types/sampling.js';
import type { TopkPromptLogprobs } from '../types/sampling-json.js';
import { pack } from './packed.js';
import { SampleResponseSchema, type SampledSequenceSchema, type TopkPromptLogprobsSchema } from './proto/tinker_public_pb.js';
import { stopReasons, unused } from './sample-terms.js';

const unknownReason = /^unknown\((-?\d+)\)$/;

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

function toFloats(logprobs: readonly (number | null)[]): Float32Array {
  return Float32Array.from(logprobs, (logprob) => logprob ?? Number.NaN);
}

function writeTopk(rows: TopkPromptLogprobs, asked: number): MessageInitShape<typeof TopkPromptLogprobsSchema> {
  const k = rows.reduce((most, row) => Math.max(most, row?.length ?? 0), asked);
  const tokens = new Int32Array(rows.length * k).fill(unused.token);
  const values = new Float32Array(rows.length * k).fill(unused.logprob);
  rows.forEach((row, index) => {
    row?.forEach(({ token, logprob }, cell) => {
      tokens[index * k + cell] = token;
      values[index * k + cell] = logprob;
    });
  });
  return { tokenIds: pack(tokens), logprobs: pack(values), k, promptLength: rows.length };
}
