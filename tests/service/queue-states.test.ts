import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { QueueStateNews } from '../../src/service/queue-states.js';
import { QueueStates } from '../../src/service/queue-states.js';
import { scriptedService, scriptedTraining } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil, settle, simulatedEnvironment } from '../support/simulated.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const capacity = 'the server is running short of capacity, please wait';

describe('QueueStates', () => {
  it.each([
    ['paused_capacity', undefined, undefined, capacity],
    ['paused_capacity', 'S:sample:0', 'tomorrow', 'tomorrow'],
    ['paused_rate_limit', undefined, '', 'too many training clients at once for the rate limit'],
    ['paused_rate_limit', 'S:sample:0', undefined, 'too many sampler weights at once for the limit'],
    ['paused_billing', undefined, undefined, 'the account is blocked, check its billing'],
    ['paused_somehow', undefined, 'why not', 'why not'],
  ])('tells %s of %s, said with %p, as %s', (queueState, samplingSessionId, reason, told) => {
    const news: QueueStateNews[] = [];
    const about = { operationId: 'a-1', kind: 'a', samplingSessionId };
    new QueueStates(simulatedEnvironment(), (said) => news.push(said)).tell({ ...about, queueState, reason });
    expect(news).toEqual([{ ...about, queueState, reason: told }]);
  });

  it('keeps to itself what is no wait, and what nobody knows', () => {
    const news: QueueStateNews[] = [];
    const states = new QueueStates(simulatedEnvironment(), (said) => news.push(said));
    for (const queueState of [undefined, 'active', 'paused_somehow']) states.tell({ operationId: 'a-1', kind: 'a', queueState, reason: undefined });
    states.tell({ operationId: 'a-1', kind: 'a', queueState: 'active', reason: 'busy' });
    expect(news).toEqual([]);
  });

  it('counts a pause for billing from its beginning until it goes on or is over', () => {
    const environment = simulatedEnvironment();
    const states = new QueueStates(environment, () => undefined);
    const blocked = (operationId: string) => states.tell({ operationId, kind: 'a', queueState: 'paused_billing', reason: undefined });
    blocked('a-1');
    environment.clock.increment(5_000);
    blocked('a-1');
    blocked('a-2');
    expect(states.billingPausedMs).toBe(5_000);
    states.tell({ operationId: 'a-1', kind: 'a', queueState: undefined, reason: undefined });
    expect(states.billingPausedMs).toBe(0);
    states.forget('a-2');
    expect(states.billingPausedMs).toBeUndefined();
  });

  it('warns on the console once a minute for each client', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const environment = simulatedEnvironment();
    const states = new QueueStates(environment, undefined);
    const paused = { queueState: 'paused_capacity', reason: undefined } as const;
    states.tell({ operationId: 'optimStep-1', kind: 'optimStep', modelId: 'm', ...paused });
    states.tell({ operationId: 'optimStep-2', kind: 'optimStep', modelId: 'm', ...paused });
    states.tell({ operationId: 'sample-3', kind: 'sample', samplingSessionId: 's', ...paused });
    states.tell({ operationId: 'createModel-4', kind: 'createModel', ...paused });
    environment.clock.increment(60_000);
    states.tell({ operationId: 'optimStep-2', kind: 'optimStep', modelId: 'm', ...paused });
    expect(warn.mock.calls).toEqual([
      [`tinkerjs: optimStep of m waits (paused_capacity): ${capacity}`],
      [`tinkerjs: sample of s waits (paused_capacity): ${capacity}`],
      [`tinkerjs: createModel waits (paused_capacity): ${capacity}`],
      [`tinkerjs: optimStep of m waits (paused_capacity): ${capacity}`],
    ]);
  });
});

describe('onQueueState', () => {
  it('is told of operations that the server lets wait, and the snapshot of pauses for billing', async () => {
    const told: QueueStateNews[] = [];
    const { server, environment, service, training } = await scriptedTraining({ onQueueState: (news) => told.push(news) });
    server.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_rate_limit', queue_state_reason: 'two at once' }));
    await advanceUntil(environment, training.forwardBackward([], 'cross_entropy').then(() => undefined, () => undefined));
    await advanceUntil(environment, training.optimStep());
    server.times(2, 'optim_step', () => json({ detail: 'pay first' }, 402));
    const step = training.optimStep();
    await settle();
    environment.clock.increment(4_000);
    expect(service.getSnapshot().billingPausedMs).toBe(4_000);
    await advanceUntil(environment, step);
    expect(service.getSnapshot().billingPausedMs).toBeUndefined();
    expect(told).toMatchObject([
      { kind: 'optimStep', modelId: 'S:train:0', queueState: 'paused_rate_limit', reason: 'two at once' },
      { operationId: step.id, kind: 'optimStep', modelId: 'S:train:0', queueState: 'paused_billing', reason: expect.stringContaining('pay first') },
      { operationId: step.id, queueState: 'paused_billing' },
    ]);
    await service.close();
  });

  it('is told of what belongs to no client, too: plain requests, models that are made, the session itself', async () => {
    const told: QueueStateNews[] = [];
    const { server, environment, service } = scriptedService({ onQueueState: (news) => told.push(news) });
    const blocked = () => json({ detail: 'pay first' }, 402);
    server.next('client/config', blocked).next('create_session', blocked).next('create_model', blocked);
    server.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity' }));
    await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base' }));
    expect(told.map(({ kind, queueState }) => [kind, queueState])).toEqual([
      ['clientConfig', 'paused_billing'],
      ['session.create', 'paused_billing'],
      ['createModel', 'paused_billing'],
      ['createModel', 'paused_capacity'],
    ]);
    expect(service.getSnapshot().billingPausedMs).toBeUndefined();
    await service.close();
  });

  it('may throw', async () => {
    const complain = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { server, environment, service, training } = await scriptedTraining({
      onQueueState: () => {
        throw new Error('broken callback');
      },
    });
    server.next('optim_step', () => json({ detail: 'pay first' }, 402));
    await advanceUntil(environment, training.optimStep());
    expect(complain.mock.calls).toEqual([['tinkerjs: onQueueState threw: broken callback']]);
    await service.close();
  });
});
