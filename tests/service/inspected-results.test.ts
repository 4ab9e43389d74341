import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../src/config.js';
import { Runtime } from '../../src/service/runtime.js';
import { datum, rejection } from '../support/clients.js';
import { Gathered } from '../support/inspection/gathered.js';
import { watchedTraining } from '../support/inspection/watched.js';
import { broken, held, json } from '../support/scripted-server.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

const output = { loss_fn_outputs: [{ logprobs: { data: [-1, -1], dtype: 'float32', shape: [2] } }] };
const listing = 'training_runs/S:train:0/checkpoints';
const listed = (path: string, more: object) => () =>
  json({ checkpoints: [{ checkpoint_id: 'weights/a', checkpoint_type: 'training', time: '2026-01-01T00:00:00Z', tinker_path: path, public: false, ...more }] });

describe('the metrics of a training client', () => {
  it('belong to the optimizer step to come, or to the weights as they are', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    const metrics = { 'loss:sum': 0.5 };
    server.next('forward_backward', (request) => server.accept(request, { ...output, metrics }));
    server.times(2, 'forward', (request) => server.accept(request, { ...output, metrics }));
    server.next('optim_step', (request) => server.accept(request, { metrics: { grad: 2 } }));
    const calls = [
      training.forward([datum()], 'cross_entropy'),
      training.forwardBackward([datum()], 'cross_entropy'),
      training.optimStep(),
      training.forward([datum()], 'cross_entropy'),
      training.optimStep(),
    ];
    await Promise.all(calls);
    await pass(100);
    expect(watcher.all('metrics').map(({ kind, step, values }) => [kind, step, values])).toEqual([
      ['forward', 0, metrics],
      ['forwardBackward', 1, metrics],
      ['optimStep', 1, { grad: 2 }],
      ['forward', 1, metrics],
      ['optimStep', 2, { step: 1 }],
    ]);
    expect(watcher.all('metrics')[0]).toMatchObject({ key: calls[0]?.id, client: training.modelId, service: watcher.service.id, at: 100 });
  });

  it('hold what a custom loss measured itself', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    server.next('retrieve_future', () => json({ ...output, metrics: {} }));
    await training.forwardBackwardCustom([datum()], () => ({ loss: 1, gradients: [[1, 1]], metrics: { own: 3, odd: Number.NaN } }));
    await pass(100);
    expect(watcher.all('metrics')).toMatchObject([{ kind: 'forwardBackwardCustom', step: 1, values: { own: 3, 'loss:sum': 0.5 } }]);
    expect(Object.keys(watcher.all('metrics')[0]?.values ?? {})).not.toContain('odd');
  });

  it('are finite numbers, a hundred at most, and not told where there are none', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`m${index}`, index]));
    server.next('optim_step', (request) => server.accept(request, { metrics: many })).next('optim_step', (request) => server.accept(request, { metrics: {} }));
    server.next('optim_step', (request) => server.accept(request, {}));
    await Promise.all([training.optimStep(), training.optimStep(), training.optimStep()]);
    await pass(100);
    expect(watcher.all('metrics').map(({ values }) => Object.keys(values).length)).toEqual([100]);
    expect(watcher.all('metrics')[0]?.values).toMatchObject({ m0: 0, m99: 99 });
  });
});

describe('the checkpoints of a training client', () => {
  it('are told at once, and again with what the server lists', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    const path = `tinker://${training.modelId}/weights/a`;
    const answer = held();
    server.next(listing, answer.handler);
    await training.optimStep();
    await training.saveState('a', { ttlSeconds: 60 });
    await pass(100);
    const known = { type: 'checkpoint', service: watcher.service.id, key: path, client: training.modelId, kind: 'training', step: 1, savedAt: 100 };
    expect(watcher.all('checkpoint')).toEqual([{ ...known, at: 100, expiresAt: 60_100 }]);
    answer.release(listed(path, { size_bytes: 1_234, expires_at: '1970-01-01T00:02:00Z' })());
    await pass(100);
    expect(watcher.all('checkpoint').slice(1)).toEqual([{ ...known, at: 200, sizeBytes: 1_234, expiresAt: 120_000 }]);
    expect(server.to(listing)).toHaveLength(1);
  });

  it('are those to sample from, too, and not those without a name', async () => {
    const { training, watcher, pass } = await watchedTraining();
    await training.saveWeightsForSampler('b');
    await training.saveWeightsAndGetSamplingClient();
    await pass(100);
    expect(watcher.all('checkpoint')).toMatchObject([{ key: `tinker://${training.modelId}/sampler_weights/b`, kind: 'sampler', step: 0 }]);
    expect(watcher.all('checkpoint')[0]).not.toHaveProperty('expiresAt');
  });

  it.each([
    ['has no listing', () => json({ detail: 'Not Found' }, 404)],
    ['fails', () => json({ detail: 'broken' }, 500)],
    ['cannot be reached', () => broken()],
    ['answers nonsense', () => json({ checkpoints: 5 })],
    ['lists another', listed('tinker://S:train:0/weights/other', { size_bytes: 5 })],
  ])('are told without what the server knows when it %s, which is asked once', async (_, handler) => {
    const { server, training, watcher, pass, unobserved } = await watchedTraining();
    server.times(3, listing, handler);
    await training.saveState('a');
    await pass(5_000);
    expect(watcher.all('checkpoint')).toHaveLength(1);
    expect(watcher.all('checkpoint')[0]).not.toHaveProperty('sizeBytes');
    expect(server.to(listing)).toHaveLength(1);
    expect([watcher.all('error'), unobserved]).toEqual([[], []]);
  });

  it('take what the listing leaves out as unknown', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    server.next(listing, listed(`tinker://${training.modelId}/weights/a`, {}));
    await training.saveState('a', { ttlSeconds: 60 });
    await pass(100);
    expect(watcher.newest('checkpoint')).toMatchObject([{ expiresAt: 60_100 }]);
    expect(watcher.newest('checkpoint')[0]).not.toHaveProperty('sizeBytes');
  });

  it('are not asked for any more once the service is closed', async () => {
    const { server, service, training, watcher } = await watchedTraining();
    const signals: (AbortSignal | undefined)[] = [];
    server.next(listing, (_, signal) => {
      signals.push(signal);
      return held().handler();
    });
    await training.saveState('a');
    await training.optimStep();
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
    await service.close();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    expect(watcher.all('checkpoint')).toHaveLength(1);
  });

  it('are told all the same when asking throws', async () => {
    const watcher = new Gathered();
    const runtime = new Runtime(resolveConfig({ baseUrl: 'http://scripted.test', apiKey: 'tml-key', environment: simulatedEnvironment(), inspect: watcher }));
    const saved = { kind: 'training', path: 'tinker://r/weights/a', client: 'r', step: 3, ttlSeconds: undefined } as const;
    runtime.inspected?.checkpointSaved(saved, () => Promise.reject(new Error('broken')));
    await settle();
    await runtime.close();
    expect(watcher.all('checkpoint')).toMatchObject([{ key: saved.path, step: 3 }]);
  });

  it('are not asked for where nobody watches', async () => {
    const { server, training } = await watchedTraining({ inspect: undefined });
    await training.saveState('a');
    await training.optimStep();
    expect(server.to(listing)).toEqual([]);
  });

  it('are not told when the save failed', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    server.next('save_weights', (request) => server.accept(request, { path: 'elsewhere' }));
    await rejection(training.saveState('a'));
    await pass(100);
    expect(watcher.all('checkpoint')).toEqual([]);
  });
});
