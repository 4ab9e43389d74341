import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../../src/types/errors.js';
import { settle } from '../support/machines.js';
import { startProvided } from '../support/provided.js';

const settledWith = (error?: object) => [{ type: 'loneOperation.settled', key: 'k', error }];
const opFailed = (kind: string, message: string, more: object = {}) =>
  settledWith({ kind, retriable: false, requestId: 'r1', message: `createModel (request r1): ${message}`, ...more });

describe('provideMachines: a poll', () => {
  it('asks with the protocol\'s headers, counts its iterations, and delivers the result', async () => {
    const service = startProvided();
    service.http.says({ type: 'try_again', queue_state: 'active' }).says({ metrics: {} });
    await service.operate();
    await service.pass(20);
    const poll = (iteration: string, idempotencyKey: string, more: object = {}) => ({
      path: '/api/v1/retrieve_future',
      body: { content: '{"request_id":"r1","allow_metadata_only":true}', contentType: 'application/json' },
      attempt: {
        retryCount: 0,
        idempotencyKey,
        headers: { 'x-tinker-request-iteration': iteration, 'x-tinker-request-type': 'OptimStep', ...more },
        signal: expect.any(AbortSignal),
      },
    });
    expect(service.http.sent).toEqual([
      poll('0', 'tinkerjs-uuid-1', { 'x-tinker-create-promise-roundtrip-time': '0' }),
      poll('1', 'tinkerjs-uuid-2'),
    ]);
    expect(service.received).toEqual([[0, { metrics: {} }]]);
    expect(service.heard()).toEqual(settledWith());
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual([]);
    expect(service.clock.pending).toBe(0);
  });

  it('takes secrets out of what the server says', async () => {
    const waiting = startProvided();
    waiting.http.says({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'tml-hidden waits' }).says({ error: 'bad tml-hidden' });
    await waiting.operate();
    await waiting.pass(20);
    expect(waiting.queueStates()).toEqual([{ type: 'loneOperation.queueState', key: 'k', queueState: 'paused_capacity', reason: '[API key] waits' }]);
    expect(waiting.heard()).toMatchObject([{ error: { message: 'createModel (request r1): bad [API key]' } }]);
  });

  it('asks for protobuf where there may be some', async () => {
    for (const requestType of ['Sample', 'Forward', 'ForwardBackward']) {
      const service = startProvided({ requestType });
      service.http.says({});
      await service.operate();
      expect(service.http.sent[0]?.attempt.headers).toMatchObject({ accept: 'application/x-protobuf, application/json' });
    }
  });

  it('says once how long the submission took, in seconds', async () => {
    const service = startProvided({
      send: () => {
        service.clock.increment(1_250);
        return Promise.resolve(E.right('r1'));
      },
    });
    service.http.says({});
    await service.operate();
    expect(service.http.sent[0]?.attempt.headers).toMatchObject({ 'x-tinker-create-promise-roundtrip-time': '1.25' });
  });

  it('leaves the type out where the work names none', async () => {
    const service = startProvided({ requestType: undefined });
    service.http.says({});
    await service.operate();
    expect(service.http.sent[0]?.attempt.headers).toEqual({ 'x-tinker-request-iteration': '0', 'x-tinker-create-promise-roundtrip-time': '0' });
  });

  it('reserves room for a large result and gives it back once the result is delivered', async () => {
    const service = startProvided({
      receive: () => {
        expect(service.budget.balance).toBe(-900);
        return E.right(undefined);
      },
    });
    service.http.says({ status: 'complete_metadata', response_payload_size: 1_000 }).says({ large: true });
    await service.operate();
    expect(service.http.sent.map(({ body }) => body)).toMatchObject([
      { content: '{"request_id":"r1","allow_metadata_only":true}' },
      { content: '{"request_id":"r1","allow_metadata_only":false}' },
    ]);
    expect(service.received).toEqual([[0, { large: true }]]);
    expect(service.budget.balance).toBe(100);
  });

  it('gives the wait for room up when it is stopped', async () => {
    const service = startProvided();
    const giveBack = await service.budget.reserve(200);
    service.http.says({ status: 'complete_metadata', response_payload_size: 50 });
    await service.operate();
    service.actor.send({ type: 'service.closed' });
    await settle();
    giveBack();
    expect(service.budget.balance).toBe(100);
    expect(service.heard()).toEqual([]);
  });

  it('fails when the result is not what was promised', async () => {
    const service = startProvided({ receive: () => E.left(new TinkerError('malformedResponse', 'no path')) });
    service.http.says({});
    await service.operate();
    expect(service.heard()).toEqual(opFailed('malformedResponse', 'no path'));
  });

  it('fails when taking the result throws, and gives its room back', async () => {
    const service = startProvided({ receive: () => { throw new Error('broken decoder'); } });
    service.http.says({ status: 'complete_metadata', response_payload_size: 60 }).says({});
    await service.operate();
    expect(service.heard()).toEqual(opFailed('malformedResponse', 'broken decoder'));
    expect(service.budget.balance).toBe(100);
  });

  it('fails when the transport throws', async () => {
    const service = startProvided();
    service.http.throws(new Error('broken transport'));
    await service.operate();
    expect(service.heard()).toEqual(opFailed('malformedResponse', 'broken transport'));
  });

  it('fails with what the server says of the operation', async () => {
    const service = startProvided();
    service.http.says({ error: 'bad loss', category: 'user' });
    await service.operate();
    expect(service.heard()).toEqual(opFailed('requestFailed', 'bad loss', { category: 'user' }));
  });

  it('asks again after an unreadable answer', async () => {
    const service = startProvided();
    service.http.says('no JSON').says({});
    await service.operate();
    await service.pass(437);
    expect(service.http.sent).toHaveLength(1);
    await service.pass(1);
    expect(service.heard()).toEqual(settledWith());
  });

  it.each([
    ['is out of reach', undefined, undefined, 438],
    ['fails', 503, undefined, 438],
    ['asks for a pause', 429, 2_000, 2_000],
    ['asks for payment', 402, undefined, 5_000],
    ['says "not yet" with 408', 408, undefined, 20],
  ])('asks again when the server %s', async (_, status, retryAfterMs, pauseMs) => {
    const service = startProvided();
    service.http.fails(status, '', retryAfterMs).says({});
    await service.operate();
    await service.pass(pauseMs - 1);
    expect(service.http.sent).toHaveLength(1);
    await service.pass(1);
    expect(service.http.sent).toHaveLength(2);
    expect(service.heard()).toEqual(settledWith());
  });

  it('gives 404 a few more polls after one without an answer', async () => {
    const service = startProvided();
    service.http.fails(503).fails(404).says({});
    await service.operate();
    await service.pass(438);
    await service.pass(438);
    expect(service.heard()).toEqual(settledWith());
  });

  it('gives up when the result has expired', async () => {
    const service = startProvided();
    service.http.fails(410);
    await service.operate();
    expect(service.heard()).toEqual(
      opFailed('promiseExpired', 'the server no longer holds the result: http 410', { status: 410 }),
    );
  });

  it('ends quietly when its work has been forgotten meanwhile', async () => {
    const service = startProvided();
    service.http.says({ type: 'try_again' }).says({ large: true });
    await service.operate();
    service.work.remove('k');
    await service.pass(20);
    expect(service.http.sent[1]?.attempt.headers).toEqual({ 'x-tinker-request-iteration': '1' });
    expect(service.received).toEqual([]);
    expect(service.heard()).toEqual(settledWith());
  });
});
