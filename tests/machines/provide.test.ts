import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import type { TrainingEmitted } from '../../src/machines/training-context.js';
import type { Work } from '../../src/machines/work.js';
import type { AttemptFailure } from '../../src/types/attempt.js';
import { errorOf, factsOf, settle } from '../support/machines.js';
import { startProvided } from '../support/provided.js';
import { operation } from '../support/training-machine.js';

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
