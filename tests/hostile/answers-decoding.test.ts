import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { readPollFailure, readReply } from '../../src/api/future-reply.js';
import { fromReply, serverText } from '../../src/api/failure.js';
import type { Reply } from '../../src/api/http.js';
import { readClaims } from '../../src/credentials/jwt.js';
import { TinkerError } from '../../src/types/errors.js';
import { decodePassResult } from '../../src/wire/pass-result.js';
import { decodeSampleResponse } from '../../src/wire/sample-proto.js';
import { tries } from './support/budget.js';
import { answerReaders } from './support/answer-codecs.js';
import { assertNothingPolluted } from './support/harm.js';
import { richAnswers } from './support/rich-answers.js';
import { mutatedBytes, mutatedJson } from './support/mutations.js';
import { recordedAnswers, type Recorded } from './support/recorded-answers.js';

let answers: readonly Recorded[];
let texts: readonly string[];
let binaries: readonly Buffer[];
beforeAll(async () => {
  answers = await recordedAnswers();
  texts = answers.filter(({ contentType }) => contentType.includes('json')).map(({ bytes }) => bytes.toString());
  binaries = [...answers.filter(({ contentType }) => contentType.includes('protobuf')).map(({ bytes }) => bytes), ...richAnswers];
});

const noHeaders = { get: () => null };
const replyOf = (body: string, status = 200): Reply => ({ status, body, headers: noHeaders, downloadMs: 0 });

/** What came out is an error of ours that can be shown, or a value that the codec takes for its own. */
function assertRead<A>(read: E.Either<unknown, A>, is?: (value: unknown) => boolean): void {
  if (E.isRight(read)) {
    if (is !== undefined && !is(read.right)) throw new Error('what was decoded is not what was promised');
    return;
  }
  const { left } = read;
  const error = left instanceof TinkerError ? left : typeof left === 'object' && left !== null && 'error' in left ? left.error : undefined;
  if (!(error instanceof TinkerError)) throw new Error('no error of ours', { cause: left });
  if (error.message.length > 2000) throw new Error(`an error of ${error.message.length} characters`);
}

describe('answers that were changed on their way', () => {
  it('are there of many kinds, in both dialects', () => {
    expect(new Set(answers.map(({ endpoint }) => endpoint)).size).toBeGreaterThan(25);
    expect([texts.length > 50, binaries.length > 2]).toEqual([true, true]);
  });

  it('are read as what they promise, or refused, by every codec of an answer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...answerReaders), mutatedJson(texts), ({ read, is }, bytes) => {
        assertRead(read(replyOf(bytes.toString())), is);
      }),
      tries(600),
    );
    assertNothingPolluted();
  });

  it('are read as results of passes and samples, or refused', () => {
    const results = fc.oneof(mutatedBytes(binaries), mutatedBytes(texts.map((text) => Buffer.from(text))));
    fc.assert(
      fc.property(results, (bytes) => {
        assertRead(decodePassResult(new Uint8Array(bytes)));
        assertRead(decodeSampleResponse(bytes));
      }),
      tries(600),
    );
    assertNothingPolluted();
  });

  it('are told apart as polls, failures and refusals', () => {
    fc.assert(
      fc.property(mutatedJson(texts), fc.constantFrom(400, 402, 404, 408, 409, 410, 418, 425, 429, 500, 503, 599), (bytes, status) => {
        const body = bytes.toString();
        const reply = readReply(replyOf(body));
        assertRead(reply);
        if (E.isRight(reply) && reply.right.kind === 'ready') assertRead(decodePassResult(reply.right.body));
        const failed = fromReply({ status, headers: noHeaders, body }, 'x');
        assertRead(E.left(failed));
        const poll = readPollFailure(failed);
        if (poll.kind !== 'pending') assertRead(E.left(poll));
        if (serverText(body).length > 301) throw new Error('a long text');
      }),
      tries(400),
    );
    assertNothingPolluted();
  });

  it('are read as claims of a token, or as none', () => {
    const claims = mutatedJson(['{"exp":1800000000,"sub":"urn:x","email":"a@b.c","iss":"x","org_id":"local"}']);
    fc.assert(
      fc.property(claims, fc.nat(3), (bytes, parts) => {
        const { exp, ...others } = readClaims(`${'a.'.repeat(parts)}${bytes.toString('base64url')}.x`);
        if (exp !== undefined && !Number.isFinite(exp)) throw new Error('no number');
        if (Object.values(others).some((claim) => claim !== undefined && typeof claim !== 'string')) throw new Error('no text');
      }),
      tries(100),
    );
  });
});
