import { describe, expect, it } from '@jest/globals';
import { fromReply, fromThrown } from '../../src/api/failure.js';
import { readPollFailure, readReply, type PollFailure } from '../../src/api/future-reply.js';
import type { TinkerError } from '../../src/types/errors.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';

const read = (body: string) => readReply({ status: 200, body, downloadMs: 1 });

function errorIn(found: { readonly kind: string } | { readonly kind: string; readonly error: TinkerError }): TinkerError {
  if ('error' in found) return found.error;
  throw new Error(`expected an error, got ${found.kind}`);
}

describe('readReply', () => {
  it('finds a result', () => {
    const body = '{"path":"tinker://m/weights/ä","type":"save_weights"}';
    expect(rightOf(read(body))).toEqual({ kind: 'ready', body: { path: 'tinker://m/weights/ä', type: 'save_weights' }, bytes: body.length });
    expect(rightOf(read('{}'))).toEqual({ kind: 'ready', body: {}, bytes: 2 });
    expect(rightOf(read('{"status":"unloaded","model_id":"m"}'))).toMatchObject({ kind: 'ready' });
  });

  it('finds a result in protobuf, whatever its bytes', () => {
    const protobuf = Uint8Array.of(10, 1, 109);
    expect(rightOf(readReply({ status: 200, body: '', protobuf, downloadMs: 1 }))).toEqual({ kind: 'ready', body: protobuf, bytes: 3 });
  });

  it('finds that it is not ready, with the queue state where there is one', () => {
    expect(rightOf(read('{"type":"try_again","request_id":"r","queue_state":"paused_capacity","queue_state_reason":"busy"}'))).toEqual({
      kind: 'pending',
      queueState: 'paused_capacity',
      reason: 'busy',
    });
    expect(rightOf(read('{"type":"try_again"}'))).toEqual({ kind: 'pending', queueState: undefined, reason: undefined });
  });

  it('finds the announcement of a large result', () => {
    expect(rightOf(read('{"status":"complete_metadata","response_payload_size":123456}'))).toEqual({ kind: 'announced', bytes: 123456 });
    expect(rightOf(read('{"status":"complete_metadata"}'))).toEqual({ kind: 'announced', bytes: 0 });
  });

  it.each([
    ['{"error":"token out of range","category":"user"}', 'token out of range', 'user'],
    ['{"error":"crashed","category":"server"}', 'crashed', 'server'],
    ['{"error":"odd","category":"unknown"}', 'odd', 'unknown'],
    ['{"error":"odd"}', 'odd', 'unknown'],
    ['{"error":"odd","category":"USER"}', 'odd', 'unknown'],
    ['{"error":"odd","category":7}', 'odd', 'unknown'],
    ['{"error":null}', 'the server gave no reason', 'unknown'],
    ['{"error":""}', 'the server gave no reason', 'unknown'],
    ['{"error":{"code":7}}', '{"error":{"code":7}}', 'unknown'],
    ['{"path":"p","error":null}', 'the server gave no reason', 'unknown'],
  ])('finds a failure in %s', (body, message, category) => {
    const found = rightOf(read(body));
    expect(found.kind).toBe('failed');
    expect(factsOf(errorIn(found))).toEqual({ kind: 'requestFailed', message, category, retriable: false });
  });

  it('tests in the order of the protocol: not ready, announced, failed, ready', () => {
    expect(rightOf(read('{"type":"try_again","status":"complete_metadata","error":"x"}')).kind).toBe('pending');
    expect(rightOf(read('{"type":"save_weights","status":"complete_metadata","error":"x"}')).kind).toBe('announced');
    expect(rightOf(read('{"type":"save_weights","status":"completed","error":"x"}')).kind).toBe('failed');
  });

  it.each(['', 'null', '[]', '"text"', '7', '<html>', '{"metrics":{"loss:sum":NaN}}'])('refuses %p, which is no object', (body) => {
    expect(factsOf(leftOf(read(body)))).toEqual({
      kind: 'malformedResponse',
      message: 'The result of the operation is not a JSON object',
      status: 200,
      retriable: false,
    });
  });

  it('refuses states of the wrong type', () => {
    expect(leftOf(read('{"type":"try_again","queue_state":5}')).message).toBe("The server's answer is not a valid TryAgain: queue_state: got 5, expected string");
    expect(leftOf(read('{"status":"complete_metadata","response_payload_size":"big"}')).message).toBe(
      'The server\'s answer is not a valid CompleteMetadata: response_payload_size: got "big", expected a whole number',
    );
  });
});

describe('readPollFailure', () => {
  const failed = (status: number, body = '', headers: Record<string, string> = {}): PollFailure =>
    readPollFailure(fromReply({ status, body, headers: new Headers(headers) }, '/api/v1/retrieve_future'));

  it.each([[425], [429], [500], [502], [503], [504]])('asks again later after %i', (status) => {
    const found = failed(status, '{"detail":"busy"}', { 'retry-after': '3' });
    expect(found).toMatchObject({ kind: 'unreachable', retryAfterMs: 3000 });
    expect(factsOf(errorIn(found))).toMatchObject({ kind: 'http', status, message: `/api/v1/retrieve_future: the server answered ${status}: busy` });
  });

  it('asks again later where nothing came back', () => {
    const found = readPollFailure(fromThrown(new Error('terminated'), 'x'));
    expect(found).toMatchObject({ kind: 'unreachable', retryAfterMs: undefined });
    expect(errorIn(found).kind).toBe('connection');
  });

  it.each([
    ['', undefined, undefined],
    ['{"detail":"Timeout waiting for result"}', undefined, undefined],
    ['{"type":"try_again","queue_state":"paused_rate_limit","queue_state_reason":"many"}', 'paused_rate_limit', 'many'],
    ['{"queue_state":"active"}', 'active', undefined],
    ['{"queue_state":5}', undefined, undefined],
    ['{"type":"other","queue_state":"active"}', undefined, undefined],
    ['[1]', undefined, undefined],
  ])('takes 408 %s for not ready', (body, queueState, reason) => {
    expect(failed(408, body)).toEqual({ kind: 'pending', queueState, reason });
  });

  it('waits for the account after 402', () => {
    const found = failed(402, '{"detail":"billing blocked"}');
    expect(found.kind).toBe('billing');
    expect(factsOf(errorIn(found))).toMatchObject({ kind: 'billing', status: 402 });
  });

  it.each([
    ['{"detail":"Rank mismatch"}', 'Rank mismatch', 'unknown'],
    ['{"error":"bad token","category":"user"}', 'bad token', 'user'],
    ['{"detail":""}', 'the server gave no reason', 'unknown'],
  ])('takes 400 %s for the failure of the operation', (body, message, category) => {
    const found = failed(400, body);
    expect(found.kind).toBe('failed');
    expect(factsOf(errorIn(found))).toEqual({ kind: 'requestFailed', message, category, status: 400, retriable: false });
  });

  it.each([[400, ''], [400, '<html>Bad Request</html>'], [400, '{}'], [400, 'null'], [404, '{"detail":"Future not found"}']])('doubts %i %s', (status, body) => {
    const found = failed(status, body);
    expect(found.kind).toBe('doubtful');
    expect(factsOf(errorIn(found))).toMatchObject({ kind: 'http', status });
  });

  it('knows that the result is gone after 410', () => {
    const found = failed(410, '{"detail":"expired"}');
    expect(found.kind).toBe('failed');
    expect(factsOf(errorIn(found))).toEqual({
      kind: 'promiseExpired',
      message: 'the server no longer holds the result: /api/v1/retrieve_future: the server answered 410: expired',
      status: 410,
      retriable: false,
    });
  });

  it.each([[300], [401], [403], [405], [409], [422]])('gives up after %i', (status) => {
    const found = failed(status, '{"detail":"no"}');
    expect(found.kind).toBe('failed');
    expect(factsOf(errorIn(found))).toMatchObject({ kind: 'http', status, category: 'user', retriable: false });
  });
});
