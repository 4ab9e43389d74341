import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import nock from 'nock';
import { readJson, toJson } from '../../src/api/http.js';
import { get, post } from '../../src/api/route.js';
import { clientConfig, getServerCapabilities, healthz } from '../../src/api/service.js';
import { getInfo, optimStep, unloadModel } from '../../src/api/training.js';
import { CreateModelResponse, GetInfoRequest, UnloadModelRequest } from '../../src/types/training.js';
import { Acknowledgement } from '../../src/types/service.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';
import { fixedCredential } from '../../src/api/credential-source.js';
import { apiKey, firstAttempt, httpTo, origin, recorded } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const unload = UnloadModelRequest.make({ modelId: 'm' });
const unloadPath = '/api/v1/unload_model';

describe('what goes out', () => {
  it('is the body byte for byte under the headers of the protocol', async () => {
    const scope = nock(origin).post(unloadPath).reply(202, { request_id: 'r' });
    const sent = recorded(scope);
    expect(rightOf(await httpTo({ headers: { 'User-Agent': 'tinkerjs/test' } }).call(unloadModel, unload, { retryCount: 3, idempotencyKey: 'key-9' })())).toEqual({ requestId: 'r' });
    expect(nock.isDone()).toBe(true);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method: 'POST', path: unloadPath, text: '{"model_id":"m","type":"unload_model"}' });
    expect(sent[0]?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'tinkerjs/test',
      'x-api-key': apiKey,
      'x-idempotency-key': 'key-9',
      'x-stainless-retry-count': '3',
      'x-stainless-read-timeout': '60',
    });
  });

  it('has neither body nor idempotency key on a GET', async () => {
    const scope = nock(origin).get('/api/v1/healthz').reply(200, { status: 'ok' });
    const sent = recorded(scope);
    expect(rightOf(await httpTo().call(healthz, undefined, firstAttempt)())).toEqual({ status: 'ok' });
    expect(sent[0]?.text).toBe('');
    expect(sent[0]?.headers['x-api-key']).toBe(apiKey);
    expect(Object.keys(sent[0]?.headers ?? {}).filter((name) => ['content-type', 'x-idempotency-key'].includes(name))).toEqual([]);
  });

  it('goes below the path of the base URL', async () => {
    const scope = nock(origin).get('/services/tinker-prod/api/v1/healthz').reply(200, { status: 'ok' });
    expect(rightOf(await httpTo({ baseUrl: `${origin}/services/tinker-prod` }).call(healthz, undefined, firstAttempt)())).toEqual({ status: 'ok' });
    expect(scope.isDone()).toBe(true);
  });

  it('takes headers of the service and of the attempt, the later one winning whatever its case', async () => {
    const scope = nock(origin).post(unloadPath).reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const headers = { 'User-Agent': 'ours', 'user-agent': 'theirs', ACCEPT: 'application/x-protobuf', 'X-Own': 'service', 'x-api-KEY': 'tml-another-key' };
    const attempt = { ...firstAttempt, headers: { 'x-own': 'attempt', 'x-tinker-request-iteration': '0' } };
    rightOf(await httpTo({ headers }).call(unloadModel, unload, attempt)());
    expect(sent[0]?.headers).toMatchObject({
      'user-agent': 'theirs',
      accept: 'application/x-protobuf',
      'x-own': 'attempt',
      'x-tinker-request-iteration': '0',
      'x-api-key': apiKey,
    });
  });

  it('may be a body that is encoded already, of any kind', async () => {
    const scope = nock(origin).post('/api/v1/optim_step').reply(200, 'raw answer');
    const sent = recorded(scope);
    const body = { content: new TextEncoder().encode('\n\u0001m'), contentType: 'application/x-protobuf' };
    expect(rightOf(await httpTo().send(optimStep, body, firstAttempt)())).toMatchObject({ status: 200, body: 'raw answer', downloadMs: expect.any(Number) });
    expect(sent[0]).toMatchObject({ text: '\n\u0001m', headers: { 'content-type': 'application/x-protobuf' } });
  });

  it('is compressed where its body says so', async () => {
    const scope = nock(origin).post('/api/v1/optim_step').reply(200, '{}');
    const sent = recorded(scope);
    const body = { content: Uint8Array.of(1), contentType: 'application/x-protobuf', contentEncoding: 'zstd' };
    rightOf(await httpTo().send(optimStep, body, firstAttempt)());
    expect(sent[0]?.headers).toMatchObject({ 'content-encoding': 'zstd' });
  });

  it('is answered in protobuf as bytes, in anything else as text', async () => {
    const answers = [
      new Response(Uint8Array.of(255, 0), { headers: { 'content-type': 'application/x-protobuf; charset=binary' } }),
      new Response('ä', { headers: { 'content-type': 'text/plain' } }),
      new Response(Uint8Array.of(123, 125)),
    ];
    const fetch: typeof globalThis.fetch = () => Promise.resolve(answers.shift() ?? new Response());
    const ask = async () => rightOf(await httpTo({ fetch }).send(optimStep, undefined, firstAttempt)());
    expect(await ask()).toMatchObject({ body: '', protobuf: Uint8Array.of(255, 0) });
    expect(await ask()).toMatchObject({ body: 'ä', protobuf: undefined });
    expect(await ask()).toMatchObject({ body: '{}', protobuf: undefined });
  });

  it('goes through the fetch that is given', async () => {
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (input) => {
      urls.push(input instanceof Request ? input.url : String(input));
      return Promise.resolve(new Response('{"status":"ok"}'));
    };
    expect(rightOf(await httpTo({ fetch }).call(healthz, undefined, firstAttempt)())).toEqual({ status: 'ok' });
    expect(urls).toEqual([`${origin}/api/v1/healthz`]);
  });
});

describe('what comes back', () => {
  it.each([200, 201, 202, 299])('is taken with status %i', async (status) => {
    nock(origin).post(unloadPath).reply(status, { request_id: 'r', future_id: 7 });
    expect(rightOf(await httpTo().call(unloadModel, unload, firstAttempt)())).toEqual({ requestId: 'r' });
  });

  it('is tried as JSON whatever its content type', async () => {
    nock(origin).post(unloadPath).reply(200, '{"request_id":"r"}', { 'content-type': 'text/plain' });
    expect(rightOf(await httpTo().call(unloadModel, unload, firstAttempt)())).toEqual({ requestId: 'r' });
  });

  it('may be empty where nothing is promised', async () => {
    const acknowledged = post('/api/v1/session_heartbeat', GetInfoRequest, Acknowledgement);
    nock(origin).post('/api/v1/session_heartbeat').reply(204);
    expect(rightOf(await httpTo().call(acknowledged, GetInfoRequest.make({ modelId: 'm' }), firstAttempt)())).toEqual({});
  });

  it('is asked for once, whatever the status: retrying is not decided here', async () => {
    nock(origin).post(unloadPath).reply(503, { detail: 'busy' }, { 'retry-after': '2' });
    const failure = leftOf(await httpTo().call(unloadModel, unload, firstAttempt)());
    expect(failure).toMatchObject({ verdict: 'transient', mayBeTaken: true, retryAfterMs: 2000, body: '{"detail":"busy"}' });
    expect(factsOf(failure.error)).toEqual({
      kind: 'http',
      message: '/api/v1/unload_model: the server answered 503: busy',
      status: 503,
      category: 'server',
      retriable: true,
    });
    expect(nock.isDone()).toBe(true);
  });

  it('is a refusal with the server\'s own words', async () => {
    nock(origin).post('/api/v1/get_info').reply(422, { detail: [{ loc: ['body', 'model_id'], msg: 'Field required' }] });
    const failure = leftOf(await httpTo().call(getInfo, GetInfoRequest.make({ modelId: 'm' }), firstAttempt)());
    expect([failure.verdict, failure.error.message]).toEqual(['definite', '/api/v1/get_info: the server answered 422: model_id: Field required']);
  });

  it.each([
    ['<html>', '/api/v1/unload_model: The server\'s answer is not JSON'],
    ['{"request_id":7}', '/api/v1/unload_model: The server\'s answer is not a valid SubmitResponse: request_id: got 7, expected string'],
    ['', '/api/v1/unload_model: The server\'s answer is not a valid SubmitResponse: request_id: got undefined, expected string'],
    ['null', '/api/v1/unload_model: The server\'s answer is not a valid SubmitResponse: the body: got null, expected an object'],
  ])('is never success when it is %p', async (body, message) => {
    nock(origin).post(unloadPath).reply(200, body);
    const failure = leftOf(await httpTo().call(unloadModel, unload, firstAttempt)());
    expect(failure).toMatchObject({ verdict: 'transient', mayBeTaken: true });
    expect([failure.error.kind, failure.error.message]).toEqual(['malformedResponse', message]);
  });

  it('is never success when it is protobuf where JSON is promised, however little that may say', async () => {
    nock(origin).post('/api/v1/client/config').reply(200, Buffer.of(10, 200, 1, 7), { 'content-type': 'application/x-protobuf' });
    const failure = leftOf(await httpTo().call(clientConfig, { sdkVersion: '1' }, firstAttempt)());
    expect([failure.error.kind, failure.error.message]).toEqual(['malformedResponse', "/api/v1/client/config: The server's answer is not JSON"]);
  });

  it('may never come', async () => {
    nock(origin).post(unloadPath).replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    const failure = leftOf(await httpTo().call(unloadModel, unload, firstAttempt)());
    expect(failure).toMatchObject({ verdict: 'transient', mayBeTaken: true, retryAfterMs: undefined, body: '' });
    expect(factsOf(failure.error)).toEqual({
      kind: 'connection',
      message: '/api/v1/unload_model: no answer from the server at http://tinker.test (ECONNRESET). Is it running and reachable?',
      retriable: true,
    });
  });

  it('is given up when the signal says so', async () => {
    const controller = new AbortController();
    const fetch: typeof globalThis.fetch = (input) => {
      controller.abort(new Error('too late'));
      if (input instanceof Request) input.signal.throwIfAborted();
      return Promise.resolve(new Response('{"supported_models":[]}'));
    };
    const answer = httpTo({ fetch }).send(getServerCapabilities, undefined, { ...firstAttempt, signal: controller.signal })();
    expect(leftOf(await answer).error.message).toBe('/api/v1/get_server_capabilities: no answer from the server at http://tinker.test (too late). Is it running and reachable?');
  });
});

describe('the API key', () => {
  it('is taken out of what a server says', async () => {
    nock(origin).post(unloadPath).reply(401, { detail: `Invalid API key ${apiKey}` });
    const failure = leftOf(await httpTo().call(unloadModel, unload, firstAttempt)());
    expect(failure.error.message).toBe('/api/v1/unload_model: the server answered 401: Invalid API key [API key]. Check the apiKey option or TINKER_API_KEY');
    expect(inspect(failure, { depth: 10 })).not.toContain(apiKey);
  });

  it.each([
    ['a refusal that writes it letter by letter', 403, 'unload_model: the server answered 403: no [API key]. Check that this key has access to it', `{"detail":"no ${Array.from(apiKey, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')}"}`],
    ['an answer that is not what was promised', 200, `unload_model: The server's answer is not a valid SubmitResponse: the body: got "[API key]", expected an object`, JSON.stringify(apiKey)],
  ])('is taken out of %s', async (_, status, message, body) => {
    nock(origin).post(unloadPath).reply(status, body, { 'content-type': 'application/json' });
    const failure = leftOf(await httpTo().call(unloadModel, unload, firstAttempt)());
    expect(failure.error.message).toBe(`/api/v1/${message}`);
  });

  it('is taken out of what a fetch throws, its causes and its request included', async () => {
    const fetch: typeof globalThis.fetch = (input) =>
      Promise.reject(Object.assign(new Error('proxy refused', { cause: { headers: { 'X-API-Key': apiKey } } }), { request: input, code: 'EPROXY' }));
    const failure = leftOf(await httpTo({ fetch }).call(unloadModel, unload, firstAttempt)());
    expect(failure.error.message).toBe('/api/v1/unload_model: no answer from the server at http://tinker.test (EPROXY). Is it running and reachable?');
    expect(failure.error.cause).toEqual(Object.assign(new Error('proxy refused'), { code: 'EPROXY' }));
    expect(inspect(failure, { depth: 10 })).not.toContain(apiKey);
  });

  it('is not shown by fetch when it is no header value', async () => {
    const bad = 'tml-secret\nkey';
    const failure = leftOf(await httpTo({ credentials: fixedCredential(bad) }).call(unloadModel, unload, firstAttempt)());
    expect(failure.error.kind).toBe('connection');
    expect(failure.error.message).not.toContain('secret');
    expect(String(failure.error.cause)).not.toContain('secret');
  });
});

describe('readJson', () => {
  it('reads a raw answer by its route', () => {
    const route = get('/api/v1/x', CreateModelResponse);
    expect(rightOf(readJson(route, { status: 200, body: '{"model_id":"m"}', downloadMs: 0 }))).toEqual({ modelId: 'm' });
    expect(leftOf(readJson(route, { status: 200, body: '{', downloadMs: 0 })).error.status).toBe(200);
  });
});

describe('toJson', () => {
  it('is compact, with characters as they are', () => {
    expect(toJson({ a: [1, 'ä"'], b: undefined })).toEqual({ content: '{"a":[1,"ä\\""]}', contentType: 'application/json' });
  });
});
