import { describe, expect, it } from '@jest/globals';
import { fromReply, fromThrown } from '../../src/api/failure.js';
import { checkEncoding, mayWantJson, moreTelling } from '../../src/training/encoding-choice.js';
import { assertRefuses, untyped } from '../support/codec.js';

const path = '/api/v1/forward_backward';
const answer = (status: number, body: unknown = '') =>
  fromReply({ status, headers: new Headers(), body: typeof body === 'string' ? body : JSON.stringify(body) }, path);
const listed = (...loc: unknown[]) => ({ detail: [{ type: 'missing', loc, msg: 'Field required' }] });

describe('checkEncoding', () => {
  it('is auto by default', () => {
    expect([undefined, 'auto' as const, 'protobuf' as const, 'json' as const].map((option) => checkEncoding(option))).toEqual(['auto', 'auto', 'protobuf', 'json']);
  });

  it('refuses anything else', () => {
    assertRefuses(() => untyped(checkEncoding)('xml'), 'encoding', 'encoding: got "xml", expected "auto", "protobuf" or "json"');
  });
});

describe('mayWantJson', () => {
  it.each([
    ['415', answer(415, { detail: 'application/json only' })],
    ['415 without a word', answer(415)],
    ['500 in plain text', answer(500, 'Internal Server Error')],
    ['400', answer(400, { detail: 'There was an error parsing the body' })],
    ['422 in words', answer(422, { detail: 'not JSON' })],
    ['422 about the body as such', answer(422, listed('body'))],
    ['422 about where JSON ends', answer(422, listed('body', 0))],
    ['422 about a field that JSON alone has', answer(422, listed('body', 'forward_backward_input'))],
    ['422 with JSON that is no object', answer(422, '[]')],
    ['422 with a list of no issues', answer(422, { detail: ['?', { loc: 'body' }] })],
  ])('takes %s for that', (_, failure) => {
    expect(mayWantJson(failure)).toBe(true);
  });

  it.each([
    ['422 about a field', answer(422, listed('body', 'loss_fn'))],
    ['an empty 400, which is a proxy', answer(400)],
    ['401', answer(401, { detail: 'who are you' })],
    ['404', answer(404, { detail: 'no such model' })],
    ['409', answer(409, { detail: 'number was used' })],
    ['429', answer(429)],
    ['503', answer(503)],
    ['a reset', fromThrown(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), path)],
  ])('does not take %s for that', (_, failure) => {
    expect(mayWantJson(failure)).toBe(false);
  });
});

describe('moreTelling', () => {
  const notJson = answer(415, { detail: 'protobuf only' });
  const notProtobuf = answer(415, { detail: 'JSON only' });
  const failing = answer(500, 'Internal Server Error');
  const unknownModel = answer(400, { detail: 'no such model' });
  const namesField = answer(422, listed('body', 'forward_backward_input', 'loss_fn'));

  it.each([
    ['words over the media type', notProtobuf, unknownModel, 'json'],
    ['a field over everything else', unknownModel, namesField, 'json'],
    ['words over a failing server', failing, unknownModel, 'json'],
    ['the first of two alike', notProtobuf, notJson, 'protobuf'],
    ['words over silence', unknownModel, answer(415), 'protobuf'],
    ['that the server is failing over that it does not read JSON', failing, notJson, 'protobuf'],
    ['JSON that failed in passing over protobuf that was refused', unknownModel, answer(503), 'json'],
  ] as const)('is %s', (_, protobuf, json, expected) => {
    expect(moreTelling(protobuf, json)).toBe(expected === 'json' ? json : protobuf);
  });
});
