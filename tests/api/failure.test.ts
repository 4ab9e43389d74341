import { describe, expect, it } from '@jest/globals';
import { errorCode, fromMalformed, fromReply, fromThrown, parseJson, readRetryAfter, serverText } from '../../src/api/failure.js';
import { TinkerError } from '../../src/types/errors.js';

function reply(status: number, body = '{"detail":"no"}', headers: Record<string, string> = {}) {
  return fromReply({ status, body, headers: new Headers(headers) }, '/api/v1/optim_step');
}

describe('fromReply', () => {
  it.each([
    // status, verdict, whether the server may have taken the request, whose fault
    [400, 'definite', false, 'user'],
    [401, 'definite', false, 'user'],
    [402, 'billing', false, 'user'],
    [403, 'definite', false, 'user'],
    [404, 'definite', false, 'user'],
    [405, 'definite', false, 'user'],
    [408, 'transient', true, 'server'],
    // A name that exists will exist tomorrow: asking again is no use, whatever the official client does.
    [409, 'definite', false, 'user'],
    [410, 'definite', false, 'user'],
    [422, 'definite', false, 'user'],
    [425, 'transient', false, 'user'],
    [429, 'transient', false, 'user'],
    [500, 'transient', true, 'server'],
    [502, 'transient', true, 'server'],
    [503, 'transient', true, 'server'],
    [504, 'transient', true, 'server'],
  ])('takes %i for %s', (status, verdict, mayBeTaken, category) => {
    const failure = reply(status);
    expect(failure).toMatchObject({ verdict, mayBeTaken, retryAfterMs: undefined, body: '{"detail":"no"}' });
    expect(failure.error.toJSON()).toMatchObject({ status, category, kind: status === 402 ? 'billing' : 'http', retriable: verdict === 'transient' });
  });

  it('says who answered what, and what to do', () => {
    expect(reply(404, '{"detail":"Model not found"}').error.message).toBe('/api/v1/optim_step: the server answered 404: Model not found');
    expect(reply(500, '').error.message).toBe('/api/v1/optim_step: the server answered 500');
    expect(reply(401).error.message).toBe('/api/v1/optim_step: the server answered 401: no. Check the apiKey option or TINKER_API_KEY');
    expect(reply(401, '{"detail":"No."}').error.message).toBe('/api/v1/optim_step: the server answered 401: No. Check the apiKey option or TINKER_API_KEY');
    expect(reply(402, '').error.message).toBe('/api/v1/optim_step: the server answered 402. Check the billing of this account; the request is repeated for a while');
    expect(reply(403).error.message).toBe('/api/v1/optim_step: the server answered 403: no. Check that this key has access to it');
  });

  it('takes an empty 400 for a proxy: worth another attempt', () => {
    expect(reply(400, '')).toMatchObject({ verdict: 'transient', mayBeTaken: false, body: '' });
    expect(reply(400, ' ')).toMatchObject({ verdict: 'definite' });
    expect(reply(422, '')).toMatchObject({ verdict: 'definite' });
  });

  it('does as x-should-retry says', () => {
    expect(reply(422, '{}', { 'x-should-retry': 'true' }).verdict).toBe('transient');
    expect(reply(503, '{}', { 'x-should-retry': 'false' })).toMatchObject({ verdict: 'definite', mayBeTaken: true });
    expect(reply(400, '', { 'x-should-retry': 'false' }).verdict).toBe('definite');
    expect(reply(503, '{}', { 'x-should-retry': 'maybe' }).verdict).toBe('transient');
    expect(reply(422, '{}', { 'X-Should-Retry': 'maybe' }).verdict).toBe('definite');
    expect(reply(402, '{}', { 'x-should-retry': 'false' }).verdict).toBe('billing');
  });

  it('carries the pause that the server asks for', () => {
    expect(reply(429, '{}', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
  });
});

describe('readRetryAfter', () => {
  const now = () => Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now);

  it('reads milliseconds, seconds and dates', () => {
    expect(read({ 'retry-after-ms': '250' })).toBe(250);
    expect(read({ 'retry-after-ms': '0.5' })).toBe(0.5);
    expect(read({ 'retry-after': '2' })).toBe(2000);
    expect(read({ 'retry-after': '1.5' })).toBe(1500);
    expect(read({ 'retry-after': '.5' })).toBe(500);
    expect(read({ 'retry-after': '1e1' })).toBe(10_000);
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' })).toBe(30_000);
  });

  it('prefers milliseconds where they are a number', () => {
    expect(read({ 'retry-after-ms': '250', 'retry-after': '2' })).toBe(250);
    expect(read({ 'retry-after-ms': 'soon', 'retry-after': '2' })).toBe(2000);
    expect(read({ 'retry-after-ms': '12ab', 'retry-after': '2' })).toBe(2000);
    expect(read({ 'retry-after-ms': '', 'retry-after': '2' })).toBe(2000);
    expect(read({ 'retry-after-ms': '0', 'retry-after': '2' })).toBeUndefined();
  });

  it('follows hints above nothing and up to a minute only', () => {
    expect(read({ 'retry-after-ms': '60000' })).toBe(60_000);
    expect(read({ 'retry-after-ms': '60001' })).toBeUndefined();
    expect(read({ 'retry-after': '60' })).toBe(60_000);
    expect(read({ 'retry-after': '60.001' })).toBeUndefined();
    expect(read({ 'retry-after': '0' })).toBeUndefined();
    expect(read({ 'retry-after': '-5' })).toBeUndefined();
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' })).toBeUndefined();
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:29:00 GMT' })).toBe(60_000);
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:29:01 GMT' })).toBeUndefined();
  });

  it.each(['', 'soon', 'NaN', 'Infinity', 'inf', '1 2'])('follows no hint in %p', (hint) => {
    expect(read({ 'retry-after': hint })).toBeUndefined();
  });

  it('follows none where there is none, and counts from now by itself', () => {
    expect(read({})).toBeUndefined();
    expect(readRetryAfter(new Headers({ 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' }))).toBeUndefined();
  });
});

describe('fromThrown', () => {
  it('tells the code that fetch hides in its cause', () => {
    const thrown = new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }) });
    const failure = fromThrown(thrown, '/api/v1/optim_step');
    expect(failure).toEqual({ error: failure.error, verdict: 'transient', mayBeTaken: false, retryAfterMs: undefined, body: '' });
    expect(failure.error.toJSON()).toEqual({
      kind: 'connection',
      message: '/api/v1/optim_step: no answer from the server (ECONNREFUSED). Is it running and reachable?',
      retriable: true,
    });
    expect(failure.error.cause).toBe(thrown);
  });

  it.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['EAI_AGAIN', false],
    ['EHOSTUNREACH', false],
    ['ENETUNREACH', false],
    ['UND_ERR_CONNECT_TIMEOUT', false],
    ['ECONNRESET', true],
    ['EPIPE', true],
    ['ETIMEDOUT', true],
    ['UND_ERR_SOCKET', true],
    ['UND_ERR_HEADERS_TIMEOUT', true],
  ])('knows whether a request may have arrived before %s', (code, mayBeTaken) => {
    expect(fromThrown(Object.assign(new Error('x'), { code }), 'x').mayBeTaken).toBe(mayBeTaken);
  });

  it('says what was thrown where there is no code', () => {
    const said = (thrown: unknown) => fromThrown(thrown, 'x').error.message;
    expect(said(new Error('terminated'))).toBe('x: no answer from the server (terminated). Is it running and reachable?');
    expect(said('odd')).toBe('x: no answer from the server (odd). Is it running and reachable?');
    expect(said(undefined)).toBe('x: no answer from the server (undefined). Is it running and reachable?');
    expect(fromThrown(new Error('terminated'), 'x').mayBeTaken).toBe(true);
  });
});

describe('errorCode', () => {
  it('finds the first code that is text along the causes', () => {
    const inner = { code: 'INNER', cause: { code: 'INNERMOST' } };
    expect(errorCode({ code: 20, cause: inner })).toBe('INNER');
    expect(errorCode({ cause: { cause: {} } })).toBeUndefined();
    expect(errorCode(null)).toBeUndefined();
  });

  it('gives up on an error that is its own cause', () => {
    const knot = new Error('knot');
    knot.cause = knot;
    expect(errorCode(knot)).toBeUndefined();
  });
});

describe('fromMalformed', () => {
  it('says that the server has probably taken the request', () => {
    const failure = fromMalformed(new TinkerError('malformedResponse', 'not JSON', { status: 200 }), '/api/v1/get_info');
    expect(failure).toEqual({ error: failure.error, verdict: 'transient', mayBeTaken: true, retryAfterMs: undefined, body: '' });
    expect(failure.error.toJSON()).toEqual({ kind: 'malformedResponse', message: '/api/v1/get_info: not JSON', status: 200, retriable: false });
  });
});

describe('serverText', () => {
  it.each([
    ['the text of an error', '{"error":"out of range","category":"user"}', 'out of range'],
    ['the text of a detail', '{"detail":"Model not found"}', 'Model not found'],
    ['error before detail', '{"detail":"b","error":"a"}', 'a'],
    ['detail where error is null', '{"error":null,"detail":"b"}', 'b'],
    ['an empty text', '{"error":""}', ''],
    ['nothing where the error is null', '{"error":null}', ''],
    [
      'validation issues with their places, without "body"',
      '{"detail":[{"type":"missing","loc":["body","lora_config","rank"],"msg":"Field required"},{"loc":["loss_fn"],"msg":"Bad"}]}',
      'lora_config.rank: Field required; loss_fn: Bad',
    ],
    ['an issue about the body as a whole', '{"detail":[{"loc":["body"],"msg":"Bad"}]}', 'Bad'],
    ['issues without a place', '{"detail":[{"msg":"Bad"},{"loc":"body","msg":5}]}', 'Bad; 5'],
    ['issues that are none', '{"detail":["plain",7,{"at":1},null]}', '"plain"; 7; an object; null'],
    ['issues of things that turn into no text', '{"detail":[{"loc":[{"toString":1},0],"msg":{"toString":1}},{"msg":[{"toString":1}]}]}', 'an object.0: an object; an array of 1'],
    ['the whole body where the detail is an object', '{"detail":{"code":7}}', '{"detail":{"code":7}}'],
    ['the whole body where there is neither', '{"message":"x"}', '{"message":"x"}'],
    ['the whole body where the detail is null', '{"detail":null}', '{"detail":null}'],
    ['plain text', ' Internal Server Error\n', 'Internal Server Error'],
    ['JSON that is no object', '"quoted"', '"quoted"'],
    ['a list', '["a"]', '["a"]'],
    ['null', 'null', 'null'],
    ['nothing', '', ''],
  ])('gives %s', (_, body, text) => {
    expect(serverText(body)).toBe(text);
  });

  it('cuts after 300 characters', () => {
    expect(serverText('x'.repeat(300))).toBe('x'.repeat(300));
    expect(serverText(JSON.stringify({ detail: 'x'.repeat(301) }))).toBe(`${'x'.repeat(300)}…`);
  });
});

describe('parseJson', () => {
  it('gives what the text says, or undefined', () => {
    expect(['{"a":1}', 'null', '', '{', 'NaN'].map(parseJson)).toEqual([{ a: 1 }, null, undefined, undefined, undefined]);
  });
});
