import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

const path = 'tinker://old-run/weights/x';

describe('D10: a failed restore leaks the client, and the next one gets the same model_seq_id', () => {
  it('stops the client, unloads the model, and never uses a number again', async () => {
    const { server, service } = scriptedService();
    server.next('load_weights', () => json({ detail: 'damaged' }, 400));
    const error = await rejection(service.createTrainingClientFromState(path));
    expect(error).toMatchObject({ kind: 'restoreFailed', step: 'loading', message: expect.stringContaining('damaged') });
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0']);
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([]);
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual(['session']);
    const resumed = await service.createTrainingClientFromState(path);
    expect(resumed.modelId).toBe('S:train:1');
    expect(server.to('create_model').map(({ body }) => body['model_seq_id'])).toEqual([0, 1]);
    await service.close();
  });

  it('does not use a number again after a refused creation either', async () => {
    const { server, service } = scriptedService();
    server.next('create_model', () => json({ detail: 'no such base model' }, 400));
    expect(await rejection(service.createTrainingClientFromState(path))).toMatchObject({ step: 'creatingModel' });
    await service.createLoraTrainingClient({ baseModel: 'base' });
    expect(server.to('create_model').map(({ body }) => body['model_seq_id'])).toEqual([0, 1]);
    await service.close();
  });
});

describe('D13: a slow send blocks everything, an exception while sending kills the client', () => {
  it('answers getInfo and getSnapshot while an operation is being sent', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('forward_backward', held().handler);
    const pass = training.forwardBackward([datum()], 'cross_entropy');
    const outcome = rejection(pass);
    await expect(training.getInfo()).resolves.toEqual({ modelId: 'S:train:0', modelData: { modelName: 'base' } });
    expect(training.getSnapshot()).toMatchObject({ state: 'submitting', sending: { id: pass.id, kind: 'forwardBackward', seqIds: [1] } });
    await service.close();
    expect(await outcome).toMatchObject({ kind: 'cancelled' });
  });

  it('survives a transport that throws anything', async () => {
    const { server, environment, service, training } = await scriptedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => {
      // A transport that is not ours may throw what it likes.
      throw untyped<Error>('"a string"');
    });
    expect(await advanceUntil(environment, rejection(training.optimStep()))).toMatchObject({ kind: 'wedged', cause: { kind: 'connection' } });
    training.skip();
    await training.optimStep();
    expect(training.actor.getSnapshot().status).toBe('active');
    await service.close();
  });
});

describe('D14: killing a client kills its caller, killing a poller hangs it', () => {
  it('rejects what is open when the client is closed, and other clients go on', async () => {
    const { server, service, training } = await scriptedTraining();
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    server.next('retrieve_future', held().handler);
    const open = training.optimStep();
    await settle();
    training.close();
    expect(await rejection(open)).toMatchObject({ kind: 'cancelled' });
    await expect(other.optimStep()).resolves.toEqual({ metrics: { step: 1 } });
    expect(server.to('retrieve_future')).toHaveLength(4);
    await service.close();
  });

  it('does not let a poller be stopped from outside', async () => {
    const { server, service, training } = await scriptedTraining();
    const answer = held();
    server.next('retrieve_future', answer.handler);
    const step = training.optimStep();
    await settle();
    const poller = training.actor.getSnapshot().children[`future.${step.id}.0`];
    expect(poller).toBeDefined();
    expect(poller && 'stop' in poller && typeof poller.stop === 'function' ? () => poller.stop() : undefined).toThrow('non-root actor');
    answer.release(json({ metrics: { step: 5 } }));
    await expect(step).resolves.toEqual({ metrics: { step: 5 } });
    await service.close();
  });
});

describe('D15: stopping one client stops what all share', () => {
  it('keeps the session beating and other clients training', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    training.close();
    for (let beat = 1; beat <= 3; beat += 1) {
      environment.clock.increment(10_000);
      await settle();
      expect(server.to('session_heartbeat')).toHaveLength(beat);
    }
    await other.optimStep();
    await service.close();
  });
});

describe('D16: a checkpoint that is not LoRA is taken for one', () => {
  it.each([
    ['is not LoRA', { base_model: 'base', is_lora: false }],
    ['is not LoRA, whatever rank it names', { base_model: 'base', is_lora: false, lora_rank: 32 }],
    ['has no rank', { base_model: 'base', is_lora: true }],
  ])('is refused before anything is created when it %s', async (_, info) => {
    const { server, service } = scriptedService();
    server.next('weights_info', () => json(info));
    const error = await rejection(service.createTrainingClientFromState(path));
    expect(error).toMatchObject({ kind: 'restoreFailed', step: 'readingMetadata', cause: { kind: 'validation', field: 'path' } });
    expect(server.to('create_model')).toEqual([]);
    expect(server.to('unload_model')).toEqual([]);
    await service.close();
  });
});
