import { describe, expect, it } from '@jest/globals';
import type { CustomLossResult } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { taken, watchedTraining } from '../support/inspection/watched.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

const pending = (queue_state?: string, queue_state_reason?: string) => () => json({ type: 'try_again', queue_state, queue_state_reason });
const result = { loss_fn_outputs: [{ logprobs: { data: [-1, -1], dtype: 'float32', shape: [2] } }], metrics: {} };

describe('the record of a training operation', () => {
  it('tells its way in exact times, with numbers, bytes, parts and the server\'s name for it', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    const [submit, poll] = [held(), held()];
    server.next('optim_step', submit.handler).next('retrieve_future', poll.handler);
    const step = training.optimStep();
    const after = training.forwardBackward([datum()], 'cross_entropy');
    await pass(110);
    expect(watcher.operation('optimStep').status).toBe('sending');
    submit.release(taken(server, 'optim_step'));
    await pass(110);
    expect(watcher.operation('optimStep').status).toBe('polling');
    poll.release(json({ metrics: {} }));
    await Promise.all([step, after]);
    await pass(100);
    expect(watcher.phases('optimStep')).toEqual(['queued 0', 'encoding 0', 'sending 0', 'waiting 110']);
    expect(watcher.operation('optimStep')).toEqual({
      type: 'operation', service: watcher.service.id, key: step.id, at: expect.any(Number), kind: 'optimStep', group: 'training',
      client: training.modelId, status: 'done', calledAt: 100, endedAt: 320, phases: expect.any(Array), marks: [],
      bytes: 200, parts: 1, seqIds: [1], requestId: step.requestId, optimStepsBefore: 0,
    });
    expect(watcher.phases('forwardBackward')).toEqual(['queued 0', 'encoding 110', 'sending 110', 'waiting 110']);
    expect(watcher.operation('forwardBackward')).toMatchObject({ seqIds: [2], optimStepsBefore: 1 });
    expect(watcher.calls.filter(({ group }) => group === 'training')).toEqual([
      { id: step.id, kind: 'optimStep', group: 'training', client: training.modelId, calledAt: 100 },
      { id: after.id, kind: 'forwardBackward', group: 'training', client: training.modelId, calledAt: 100 },
    ]);
  });

  it('tells all parts of a pass as one', async () => {
    const { server, watcher, training, pass } = await watchedTraining({}, { fwdbwd_max_chunk_len: 1 });
    const answer = held();
    server.next('forward_backward', answer.handler);
    const whole = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    await pass(30);
    answer.release(taken(server, 'forward_backward', result));
    await whole;
    await pass(100);
    expect(watcher.operation('forwardBackward')).toMatchObject({ parts: 3, seqIds: [1, 2, 3], status: 'done' });
    expect(watcher.phases('forwardBackward')).toEqual(['queued 0', 'encoding 0', 'sending 0', 'waiting 30']);
  });

  it('marks what is sent again, with why', async () => {
    const { server, environment, watcher, training, pass } = await watchedTraining({ timeoutMs: 2_000 });
    server.next('optim_step', () => broken()).next('optim_step', () => json({ detail: 'busy' }, 503)).next('optim_step', held().handler);
    await advanceUntil(environment, training.optimStep());
    await pass(100);
    const { marks, phases, status } = watcher.operation('optimStep');
    expect([phases.map(({ name }) => name).slice(0, 4), status]).toEqual([['queued', 'encoding', 'sending', 'waiting'], 'done']);
    expect(marks.map(({ name }) => name)).toEqual(['sent again', 'sent again', 'sent again']);
    expect(marks.map(({ why }) => why)).toEqual([expect.stringContaining('ECONNRESET'), expect.stringContaining('503: busy'), 'no answer in time']);
    expect(marks.map(({ ms }) => ms)).toEqual(marks.map(({ ms }) => ms).sort((a, b) => a - b));
  });

  it('marks polls that failed, those without an answer included', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    server.next('retrieve_future', () => broken()).next('retrieve_future', () => json({ detail: 'no' }, 500)).next('retrieve_future', held().handler);
    const step = training.optimStep();
    await pass(100);
    expect(watcher.marks('optimStep')).toEqual([expect.stringMatching(/^poll failed 0: .*ECONNRESET/)]);
    await pass(60_000);
    await step;
    await pass(100);
    expect(watcher.marks('optimStep').slice(1)).toEqual([expect.stringMatching(/^poll failed \d+: .*500/), expect.stringMatching(/^poll failed \d+: no answer in time$/)]);
  });

  it('tells once that the server lets it wait, and when it goes on', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    const third = held();
    server.times(2, 'retrieve_future', pending('paused_capacity', 'full')).next('retrieve_future', third.handler).next('retrieve_future', pending('active'));
    const save = training.saveState('a');
    await pass(1_000);
    expect(server.to('retrieve_future')).toHaveLength(4);
    third.release(pending('active')());
    expect(watcher.operation('saveState')).toMatchObject({ status: 'paused', queueState: 'paused_capacity', reason: 'full' });
    await pass(2_000);
    await save;
    await pass(100);
    const phases = watcher.phases('saveState');
    expect(phases.map((phase) => phase.replace(/ \d+/, ''))).toEqual(['queued', 'encoding', 'sending', 'waiting', 'paused full', 'waiting']);
    expect(watcher.operation('saveState')).toMatchObject({ status: 'done', queueState: 'active' });
  });

  it('tells that the account is blocked, on the way and while waiting', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    server.next('optim_step', () => json({ detail: 'pay' }, 402)).next('retrieve_future', () => json({ detail: 'pay' }, 402));
    const step = training.optimStep();
    await pass(200);
    expect(watcher.operation('optimStep')).toMatchObject({ status: 'paused', queueState: 'paused_billing', reason: expect.stringContaining('pay') });
    expect(watcher.record('service', '').billingPausedAt).toBe(100);
    await pass(4_800);
    await pass(5_000);
    await step;
    await pass(100);
    const names = watcher.operation('optimStep').phases.map(({ name, ms }) => `${name} ${Math.floor(ms)}`);
    expect(names.slice(0, 6)).toEqual(['queued 0', 'encoding 0', 'sending 0', 'paused 0', 'sending 5000', 'waiting 5000']);
    expect(names[6]).toBe('paused 5000');
    expect(watcher.marks('optimStep')).toEqual([expect.stringMatching(/^sent again 5000: .*402: pay/)]);
    expect(watcher.record('service', '')).not.toHaveProperty('billingPausedAt');
  });

  it('tells the passes and the loss function of a custom loss', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    const working: { finish?: (done: CustomLossResult) => void } = {};
    server.next('retrieve_future', () => json(result));
    const custom = training.forwardBackwardCustom([datum()], () => new Promise((resolve) => (working.finish = resolve)));
    await pass(40);
    working.finish?.({ loss: 2, gradients: [[1, 1]], metrics: { own: 3 } });
    await custom;
    await pass(100);
    expect(watcher.phases('forwardBackwardCustom')).toEqual([
      'queued 0', 'encoding 0', 'sending 0', 'waiting 0', 'encoding 0 your loss function', 'sending 40', 'waiting 40',
    ]);
    expect(watcher.operation('forwardBackwardCustom')).toMatchObject({ status: 'done', seqIds: [2] });
  });
});

describe('the record of a training operation that fails', () => {
  it('tells a refusal before anything is sent', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    const before = server.requests.length;
    const refused = training.saveState('not a name');
    const error = await rejection(refused);
    await pass(100);
    expect(server.requests).toHaveLength(before);
    expect(watcher.operation('saveState')).toMatchObject({ key: refused.id, status: 'failed', calledAt: 100, endedAt: 100, error: { kind: 'validation' } });
    expect(watcher.all('error')).toMatchObject([
      { kind: 'validation', operation: refused.id, client: training.modelId, advice: 'Mend the argument that the message names. Nothing was sent.' },
    ]);
    expect(watcher.all('error')[0]?.message).toBe(error instanceof Error ? error.message : '');
  });

  it('tells the refusal of the server, with its status', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    server.next('optim_step', () => json({ detail: 'gone' }, 404));
    await rejection(training.optimStep());
    await pass(100);
    expect(watcher.operation('optimStep')).toMatchObject({ status: 'failed', error: { kind: 'http', message: expect.stringContaining('gone') } });
    expect(watcher.all('error')).toMatchObject([{ kind: 'http', status: 404, advice: 'Check the name or path: the server does not know it.' }]);
  });

  it('tells the failure that comes in place of a result, and a result that is none', async () => {
    const { server, watcher, training, pass } = await watchedTraining({}, { fwdbwd_max_chunk_len: 1 });
    server.next('retrieve_future', () => json({ error: 'out of memory', category: 'server' }));
    await rejection(training.optimStep());
    server.times(2, 'retrieve_future', () => json({ loss_fn_outputs: [], metrics: { 'loss:nonsense': 1 } }));
    const odd = training.forwardBackward([datum(), datum()], 'cross_entropy');
    const outcome = await odd.toTaskEither()();
    await pass(100);
    expect(watcher.operation('optimStep')).toMatchObject({ status: 'failed', error: { kind: 'requestFailed', message: expect.stringContaining('out of memory') } });
    expect(watcher.operation('forwardBackward').status).toBe(outcome._tag === 'Left' ? 'failed' : 'done');
  });

  it('tells a cancellation, and no error', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    server.next('optim_step', held().handler);
    const [sending, queued] = [training.optimStep(), training.saveState('a')];
    await pass(20);
    for (const operation of [sending, queued]) {
      operation.cancel();
      await rejection(operation);
    }
    await pass(100);
    expect(watcher.operation('optimStep')).toMatchObject({ status: 'cancelled', endedAt: 120, error: { kind: 'cancelled' } });
    expect(watcher.operation('saveState')).toMatchObject({ status: 'cancelled', endedAt: 120 });
    expect(watcher.operation('saveState')).not.toHaveProperty('seqIds');
    expect(watcher.all('error')).toEqual([]);
  });

  it('tells the caller\'s limit as a time-out, once', async () => {
    const { server, watcher, training, pass } = await watchedTraining();
    server.next('optim_step', held().handler);
    const outcome = rejection(training.optimStep({}, { timeoutMs: 500 }));
    await pass(700);
    expect(await outcome).toMatchObject({ kind: 'timeout' });
    expect(watcher.operation('optimStep')).toMatchObject({ status: 'failed', endedAt: 600, error: { kind: 'timeout' } });
    expect(watcher.all('error')).toMatchObject([{ kind: 'timeout' }]);
  });

  it.each(['retry', 'skip'] as const)('keeps a wedged one open until it is decided: %s', async (decision) => {
    const { server, watcher, training, pass } = await watchedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => broken());
    const step = training.optimStep();
    await pass(2_000);
    expect(await rejection(step)).toMatchObject({ kind: 'wedged' });
    const wedged = watcher.operation('optimStep');
    expect(wedged).toMatchObject({ status: 'failed', error: { kind: 'wedged' } });
    expect(wedged).not.toHaveProperty('endedAt');
    expect(watcher.all('error')).toMatchObject([{ kind: 'wedged', advice: expect.stringContaining('retry()') }]);
    expect(watcher.record('training', training.modelId).state).toBe('wedged');
    training[decision]();
    await pass(200);
    const after = watcher.operation('optimStep');
    const names = after.phases.map(({ name, reason = '' }) => `${name}${reason}`);
    expect(names.slice(0, 4)).toEqual(['queued', 'encoding', 'sending', 'queuedwedged']);
    if (decision === 'retry') {
      expect(after).toMatchObject({ status: 'done', seqIds: [1] });
      expect(after).not.toHaveProperty('error');
      expect(names.slice(4, 7)).toEqual(['encoding', 'sending', 'waiting']);
    } else {
      expect(after).toMatchObject({ status: 'failed', error: { kind: 'wedged' }, endedAt: expect.any(Number) });
    }
  });
});
