import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import type { TrainingEmitted } from '../../src/machines/training-context.js';
import type { Work } from '../../src/machines/work.js';
import type { AttemptFailure } from '../../src/types/attempt.js';
import { TinkerError } from '../../src/types/errors.js';
import { errorOf, factsOf, settle } from '../support/machines.js';
import { startProvided } from '../support/provided.js';
import { operation } from '../support/training-machine.js';

const settledWith = (error?: object) => [{ type: 'loneOperation.settled', key: 'k', error }];
const opFailed = (kind: string, message: string, more: object = {}) =>
  settledWith({ kind, retriable: false, requestId: 'r1', message: `createModel (request r1): ${message}`, ...more });

describe('provideMachines: an attempt', () => {
  it('sends the work that is kept under its key', async () => {
    const service = startProvided();
    await service.request();
    expect(service.sends).toMatchObject([{ part: 0, seqId: undefined, retryCount: 0, signal: { aborted: false } }]);
    expect(service.heard()).toEqual([{ type: 'request.settled', key: 'k', part: 0, output: { status: 'answered', requestId: 'r1' } }]);
  });

  it('tells what a failure means, how long it took, and draws the jitter', async () => {
    const failure: AttemptFailure = { error: errorOf('http', 503), verdict: 'transient', mayBeTaken: false, retryAfterMs: undefined, body: '' };
    const service = startProvided({
      send: ({ retryCount }) => {
        if (retryCount > 0) return Promise.resolve(E.right('r2'));
        service.clock.increment(70);
        return Promise.resolve(E.left(failure));
      },
    });
    await service.request();
    await service.pass(437);
    expect(service.sends).toHaveLength(1);
    await service.pass(1);
    expect(service.sends.map(({ retryCount }) => retryCount)).toEqual([0, 1]);
    expect(service.heard()).toMatchObject([{ output: { requestId: 'r2' } }]);
    expect(service.clock.pending).toBe(0);
  });

  it('follows the pause that the server asks for', async () => {
    const failure: AttemptFailure = { error: errorOf('http', 429), verdict: 'transient', mayBeTaken: false, retryAfterMs: 3_000, body: '' };
    const service = startProvided({ send: ({ retryCount }) => Promise.resolve(retryCount === 0 ? E.left(failure) : E.right('r2')) });
    await service.request();
    await service.pass(2_999);
    expect(service.sends).toHaveLength(1);
    await service.pass(1);
    expect(service.sends).toHaveLength(2);
  });

  it('is refused when making the request throws', async () => {
    const service = startProvided({ send: () => { throw new Error('seq_id out of range'); } });
    await service.request();
    expect(service.heard()).toEqual([
      {
        type: 'request.settled', key: 'k', part: 0,
        output: { status: 'refused', error: { kind: 'validation', message: 'seq_id out of range', retriable: false, attempts: 1, elapsedMs: 0 } },
      },
    ]);
  });

  it('is refused when nothing is kept under its key', async () => {
    const service = startProvided();
    service.work.remove('k');
    await service.request();
    expect(service.heard()).toMatchObject([{ output: { status: 'refused', error: { kind: 'validation', message: 'nothing is kept under k' } } }]);
  });
});

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
        headers: { 'X-Tinker-Request-Iteration': iteration, 'X-Tinker-Request-Type': 'OptimStep', ...more },
        signal: expect.any(AbortSignal),
      },
    });
    expect(service.http.sent).toEqual([
      poll('0', 'tinkerjs-uuid-1', { 'X-Tinker-Create-Promise-Roundtrip-Time': '0' }),
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
      expect(service.http.sent[0]?.attempt.headers).toMatchObject({ Accept: 'application/x-protobuf, application/json' });
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
    expect(service.http.sent[0]?.attempt.headers).toMatchObject({ 'X-Tinker-Create-Promise-Roundtrip-Time': '1.25' });
  });

  it('leaves the type out where the work names none', async () => {
    const service = startProvided({ requestType: undefined });
    service.http.says({});
    await service.operate();
    expect(service.http.sent[0]?.attempt.headers).toEqual({ 'X-Tinker-Request-Iteration': '0', 'X-Tinker-Create-Promise-Roundtrip-Time': '0' });
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
    expect(service.http.sent[1]?.attempt.headers).toEqual({ 'X-Tinker-Request-Iteration': '1' });
    expect(service.received).toEqual([]);
    expect(service.heard()).toEqual(settledWith());
  });
});

describe('provideMachines: a training client', () => {
  it('sends and asks through the same work', async () => {
    const service = startProvided();
    service.actor.send({ type: 'training.made', actorId: 't', modelId: 'm' });
    const training = service.actor.getSnapshot().context.trainings['t'];
    const emitted: TrainingEmitted[] = [];
    training?.on('*', (event) => emitted.push(event));
    service.http.says({ metrics: {} }, 9);
    training?.send({ type: 'operation.requested', entry: operation('k') });
    await settle();
    expect(service.sends).toMatchObject([{ part: 0, seqId: 1, retryCount: 0 }]);
    expect(emitted.map(({ type }) => type)).toEqual(['operation.sending', 'operation.accepted', 'operation.done']);
    expect(emitted.at(-1)).toEqual({ type: 'operation.done', id: 'k', downloadMs: 9 });
    expect(service.received).toEqual([[0, { metrics: {} }]]);
  });
});

describe('provideMachines: a second pass', () => {
  async function computed(secondPass: Work['secondPass']) {
    const service = startProvided();
    service.work.add('c', {
      requestType: 'Forward',
      send: () => Promise.resolve(E.right('r')),
      receive: () => E.right(undefined),
      ...(secondPass === undefined ? {} : { secondPass }),
    });
    service.actor.send({ type: 'training.made', actorId: 't', modelId: 'm' });
    const training = service.actor.getSnapshot().context.trainings['t'];
    const emitted: TrainingEmitted[] = [];
    training?.on('*', (event) => emitted.push(event));
    service.http.says({}, 9);
    training?.send({ type: 'operation.requested', entry: operation('c', { secondPass: true }) });
    await settle();
    return factsOf(emitted.slice(2));
  }

  it('is sent in the size that its work says', async () => {
    expect(await computed(() => Promise.resolve(E.right({ parts: 2, bytes: 5 })))).toMatchObject([
      { type: 'operation.sending', id: 'c', seqIds: [2, 3] },
      { type: 'operation.accepted', id: 'c', requestIds: ['r', 'r'] },
    ]);
  });

  it('fails when making it throws', async () => {
    const thrown = () => Promise.reject(new TypeError('no gradients'));
    expect(await computed(thrown)).toMatchObject([{ type: 'operation.failed', error: { kind: 'validation', message: 'no gradients' } }]);
  });

  it('fails when its work knows of none', async () => {
    expect(await computed(undefined)).toMatchObject([{ type: 'operation.failed', error: { kind: 'cancelled', message: 'nothing is kept under c' } }]);
  });
});

describe('provideMachines: a session', () => {
  it('reports what making its requests throws', async () => {
    const service = startProvided();
    service.actor.send({ type: 'session.wanted' });
    await settle();
    expect(service.heard()).toMatchObject([
      { type: 'session.failed', error: { kind: 'validation', message: 'nothing is kept under session.create' } },
    ]);
  });
});

describe('provideMachines: a restore', () => {
  const well = () => Promise.resolve(undefined);

  it('runs the steps that are kept under its key', async () => {
    const service = startProvided();
    const taken: string[] = [];
    const step = (name: string) => () => {
      taken.push(name);
      return well();
    };
    service.restores.set('k', { readMetadata: step('read'), createModel: step('create'), load: step('load'), rollBack: step('roll back') });
    await service.restore();
    expect(taken).toEqual(['read', 'create', 'load']);
    expect(service.heard()).toEqual([{ type: 'restore.settled', key: 'k' }]);
  });

  it('rolls back when a step throws', async () => {
    const service = startProvided();
    const taken: string[] = [];
    service.restores.set('k', {
      readMetadata: well,
      createModel: () => Promise.reject(new Error('broken')),
      load: well,
      rollBack: () => {
        taken.push('roll back');
        return well();
      },
    });
    await service.restore();
    expect(taken).toEqual(['roll back']);
    expect(service.heard()).toMatchObject([{ type: 'restore.settled', error: { kind: 'restoreFailed', step: 'creatingModel' } }]);
  });

  it('fails when nothing is kept under its key', async () => {
    const service = startProvided();
    await service.restore();
    expect(service.heard()).toMatchObject([{ error: { step: 'readingMetadata' } }]);
    expect(JSON.stringify(service.actor.getSnapshot().children)).toBe('{}');
  });
});
