import { describe, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { SampleResponseSchema } from '../../src/wire/proto/tinker_public_pb.js';
import { decodeSampleResponse } from '../../src/wire/sample-proto.js';
import { encodeSampleResponse } from '../../src/wire/sample-writer.js';
import type { SampleResponse } from '../../src/types/sampling.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';

/** Wire protocol, Appendix A.4: 32-bit floats as doubles. */
const golden = [
  '0a16 0801 1208 07000000ffffffff 1a08 000000bf0000a0bf',
  '0a06 1204 09000000',
  '1208 0000c07f000080be',
  '1a28 0a10 00000000000000000b00000000000000 1210 804fc3c7804fc3c7cdccccbd804fc3c7 1802 2002',
  '2003',
].join('').replaceAll(' ', '');

const tenth = Math.fround(-0.1);

const decoded: SampleResponse = {
  sequences: [
    { stopReason: 'length', tokens: Int32Array.of(7, -1), logprobs: Float32Array.of(-0.5, -1.25) },
    { stopReason: 'stop', tokens: Int32Array.of(9) },
  ],
  promptLogprobs: [null, -0.25],
  topkPromptLogprobs: [null, [{ token: 11, logprob: tenth }]],
  promptCacheHitTokens: 3,
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('decodeSampleResponse', () => {
  it('reads what the official client reads', () => {
    expect(rightOf(decodeSampleResponse(Buffer.from(golden, 'hex')))).toStrictEqual(decoded);
  });

  it('takes what is empty for what is absent', () => {
    const message = create(SampleResponseSchema, {
      sequences: [{ stopReason: 0, tokens: new Uint8Array(), logprobs: new Uint8Array() }],
      promptLogprobs: new Uint8Array(),
      topkPromptLogprobs: { k: 0, promptLength: 2 },
    });
    expect(rightOf(decodeSampleResponse(toBinary(SampleResponseSchema, message)))).toStrictEqual({
      sequences: [{ stopReason: 'stop', tokens: new Int32Array() }],
      promptCacheHitTokens: 0,
    });
    const noRows = create(SampleResponseSchema, { topkPromptLogprobs: { k: 2, promptLength: 0 } });
    expect(rightOf(decodeSampleResponse(toBinary(SampleResponseSchema, noRows)))).toStrictEqual({ sequences: [], promptCacheHitTokens: 0 });
  });

  it('passes a stop reason on that it does not know', () => {
    const message = create(SampleResponseSchema, { sequences: [{ stopReason: 7, tokens: new Uint8Array() }] });
    expect(rightOf(decodeSampleResponse(toBinary(SampleResponseSchema, message))).sequences[0]?.stopReason).toBe('unknown(7)');
  });

  it('keeps a cell of token 0 that has a log-probability, and a row that is full', () => {
    const rows = [[{ token: 0, logprob: -0.5 }, { token: 3, logprob: -1 }], [{ token: 0, logprob: -2 }]];
    const bytes = encodeSampleResponse({ sequences: [], topkPromptLogprobs: rows, promptCacheHitTokens: 0 });
    expect(rightOf(decodeSampleResponse(bytes)).topkPromptLogprobs).toStrictEqual(rows);
  });

  it('refuses top log-probabilities that do not fill their rows', () => {
    const message = create(SampleResponseSchema, { topkPromptLogprobs: { tokenIds: new Uint8Array(8), logprobs: new Uint8Array(4), k: 1, promptLength: 2 } });
    expect(factsOf(leftOf(decodeSampleResponse(toBinary(SampleResponseSchema, message))))).toEqual({
      kind: 'malformedResponse',
      message: 'The result is not a valid SampleResponse: 2 rows of 1 top log-probabilities hold 2 tokens and 1 values',
      retriable: false,
    });
  });

  it('refuses bytes that are no message', () => {
    expect(factsOf(leftOf(decodeSampleResponse(Uint8Array.of(0x0a, 0xff)))).kind).toBe('malformedResponse');
  });
});

describe('encodeSampleResponse', () => {
  it('writes the golden bytes', () => {
    expect(hex(encodeSampleResponse(decoded, 2))).toBe(golden);
  });

  it('leaves out what is not there', () => {
    const { sequences } = decoded;
    expect(hex(encodeSampleResponse({ sequences: sequences.slice(1), promptCacheHitTokens: 0 }))).toBe('0a06120409000000');
  });

  it('writes an unknown stop reason by its number, and refuses one without', () => {
    const response = (stopReason: string): SampleResponse => ({ sequences: [{ stopReason, tokens: new Int32Array() }], promptCacheHitTokens: 0 });
    expect(hex(encodeSampleResponse(response('unknown(7)')))).toBe('0a020807');
    expect(() => encodeSampleResponse(response('tired'))).toThrow(new Error('the stop reason tired has no number in protobuf'));
  });
});
