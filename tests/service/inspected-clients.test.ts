import { describe, expect, it } from '@jest/globals';
import { OperationLog } from '../../src/inspection/operation-log.js';
import { InspectedClients } from '../../src/service/inspected-clients.js';
import type { ControlCommand } from '../../src/inspection/watcher.js';
import { rejection } from '../support/clients.js';
import { watchedSampling, watchedTraining } from '../support/inspection/watched.js';
import { broken, held } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

describe('control of a watched service', () => {
  it('pauses and resumes the client that it names, and no other', async () => {
    const { service, training, watcher, pass } = await watchedTraining();
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    const { control } = watcher.service;
    expect(await control({ action: 'pause', client: training.modelId })).toMatch(/^Paused/);
    expect([training.getSnapshot().paused, other.getSnapshot().paused]).toEqual([true, false]);
    await pass(100);
    expect(watcher.record('training', training.modelId)).toMatchObject({ paused: true, state: 'paused' });
    expect(await control({ action: 'resume', client: training.modelId })).toBe('Resumed.');
    expect(training.getSnapshot().paused).toBe(false);
  });

  it.each([
    ['retry', 'The same request is sent again.', 2],
    ['skip', 'The operation is given up; the queue goes on.', 1],
  ] as const)('decides on a wedged operation: %s', async (action, sentence, sent) => {
    const { server, training, watcher, pass } = await watchedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => broken());
    const outcome = rejection(training.optimStep());
    await pass(2_000);
    await outcome;
    await pass(100);
    const before = server.to('optim_step').length;
    expect(await watcher.service.control({ action, client: training.modelId })).toBe(sentence);
    await settle();
    expect(server.to('optim_step').length - before).toBe(sent - 1);
    expect(training.getSnapshot().state).toBe('idle');
  });

  it('saves under a name of its own', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    await training.optimStep();
    await pass(50);
    const said = await watcher.service.control({ action: 'save', client: training.modelId });
    const name = String(server.to('save_weights')[0]?.body['path']);
    expect(name).toMatch(/^inspector-step-1-[0-9a-z]+$/);
    expect(said).toBe(`Saved tinker://${training.modelId}/weights/${name}.`);
    await pass(10);
    await watcher.service.control({ action: 'save', client: training.modelId });
    expect(server.to('save_weights')[1]?.body['path']).not.toBe(name);
  });

  it('says of a save of a paused client that it waits, and keeps nobody waiting', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    training.pause();
    expect(await watcher.service.control({ action: 'save', client: training.modelId })).toMatch(/waits in the queue/);
    await pass(50);
    expect(server.to('save_weights')).toHaveLength(0);
    training.resume();
    await pass(50);
    expect(server.to('save_weights')).toHaveLength(1);
  });

  it.each([
    [{ action: 'pause', client: 'unknown' }, 'client: got "unknown"'],
    [{ action: 'retry', client: 'S:train:0' }, 'only a wedged client is decided on'],
    [{ action: 'skip', client: 'S:train:0' }, 'only a wedged client is decided on'],
    [{ action: 'stop', client: 'S:train:0' }, 'action: got "stop", expected pause, resume, retry, skip or save'],
  ])('refuses %j', async (command, message) => {
    const { watcher } = await watchedTraining();
    const given = untyped<ControlCommand>(JSON.stringify(command));
    expect(await rejection(watcher.service.control(given))).toMatchObject({ kind: 'validation', message: expect.stringContaining(message) });
  });

  it('refuses a client that is closed', async () => {
    const { service, training, watcher } = await watchedTraining();
    training.close();
    for (const action of ['save', 'pause', 'resume'] as const) {
      expect(await rejection(watcher.service.control({ action, client: training.modelId }))).toMatchObject({ kind: 'validation', field: 'client' });
    }
    await service.close();
    expect(await rejection(watcher.service.control({ action: 'save', client: training.modelId }))).toMatchObject({ kind: 'validation' });
  });
});

describe('the snapshot of a watched service', () => {
  it('is that of the service and of its open clients', async () => {
    const { service, training, watcher } = await watchedTraining();
    const sampling = await service.createSamplingClient({ baseModel: 'base' });
    const picture = watcher.service.snapshot();
    expect(picture).toEqual({
      service: service.getSnapshot(),
      trainings: { [training.modelId]: training.getSnapshot() },
      samplings: { [sampling.actor.id]: sampling.getSnapshot() },
    });
    expect(JSON.parse(JSON.stringify(picture))).toMatchObject({ trainings: { [training.modelId]: { modelId: training.modelId } } });
  });
});

describe('clients that come and go', () => {
  it('are told once that they stopped, and nothing is kept of them', async () => {
    const { service, training, watcher, pass } = await watchedTraining();
    training.close();
    await pass(500);
    expect(watcher.all('training').filter(({ state }) => state === 'stopped')).toHaveLength(1);
    expect(watcher.service.snapshot().trainings).toEqual({});
    await service.getServerCapabilities();
    await pass(200);
    expect(watcher.all('training').filter(({ state }) => state === 'stopped')).toHaveLength(1);
  });

  it('leave nothing behind, however many', async () => {
    const { service, watcher, pass } = await watchedSampling();
    const clients = new InspectedClients();
    for (let round = 0; round < 1_000; round += 1) {
      const sampling = await service.createSamplingClient({ baseModel: 'base' });
      clients.addSampling(sampling.actor.id, sampling);
      sampling.close();
    }
    await pass(100);
    expect(watcher.newest('sampling').filter(({ state }) => state === 'stopped')).toHaveLength(1_000);
    expect(Object.keys(watcher.service.snapshot().samplings)).toHaveLength(1);
    expect(clients.records('s', 0, new OperationLog('s', () => 0, false))).toHaveLength(1_000);
    expect(clients.records('s', 0, new OperationLog('s', () => 0, false))).toEqual([]);
  });

  it('keep nobody waiting who closes the service while they are busy', async () => {
    const { server, service, training, watcher } = await watchedTraining();
    server.next('optim_step', held().handler);
    const outcome = rejection(training.optimStep());
    await settle();
    await service.close();
    await outcome;
    expect(watcher.record('training', training.modelId).state).toBe('stopped');
    expect(watcher.operation('optimStep').status).toBe('cancelled');
  });
});
