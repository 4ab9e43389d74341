import { describe, expect, it } from '@jest/globals';
import { rejection, scriptedService } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

const path = 'tinker://old-run/weights/x';
const byLoading = { create_model_via_load_weights: true };

describe('restoreTrainingClient', () => {
  it('creates the same kind of model with the user\'s overrides, then loads as its first request', async () => {
    const { server, service } = scriptedService();
    server.next('weights_info', () => json({ base_model: 'base', is_lora: true, lora_rank: 4, train_mlp: false, train_attn: null }));
    const training = await service.createTrainingClientFromStateWithOptimizer(path, {
      baseModel: 'other',
      userMetadata: { k: 1 },
      weightsAccessToken: 'tml-other',
    });
    expect(server.to('create_model').map(({ body }) => body)).toEqual([
      {
        session_id: 'S',
        model_seq_id: 0,
        base_model: 'other',
        user_metadata: { k: 1 },
        lora_config: { rank: 4, train_unembed: true, train_mlp: false, train_attn: true },
        type: 'create_model',
      },
    ]);
    expect(server.to('load_weights').map(({ body }) => body)).toEqual([
      { model_id: 'S:train:0', path, seq_id: 1, optimizer: true, weights_access_token: 'tml-other', type: 'load_weights' },
    ]);
    expect(training.modelId).toBe('S:train:0');
    await service.close();
  });

  it('creates the model by loading where the server offers that', async () => {
    const { server, service } = scriptedService({}, byLoading);
    const training = await service.createTrainingClientFromState(path, { baseModel: 'other', loadOptimizer: true });
    expect(server.requests.slice(3).map(({ body }) => body)).toEqual([
      { session_id: 'S', model_seq_id: 0, base_model: 'other', path, optimizer: true, type: 'load_weights' },
      { request_id: 'r1', allow_metadata_only: true },
    ]);
    await training.optimStep();
    expect(server.to('optim_step').map(({ body }) => [body['model_id'], body['seq_id']])).toEqual([['S:train:0', 1]]);
    await service.close();
  });

  it('unloads a model that creating by loading may have left', async () => {
    const { server, service } = scriptedService({}, byLoading);
    server.next('retrieve_future', () => json({ error: 'no such checkpoint', category: 'user' }));
    expect(await rejection(service.createTrainingClientFromState(path))).toMatchObject({
      kind: 'restoreFailed',
      step: 'loading',
      category: 'user',
      message: expect.stringContaining('no such checkpoint'),
    });
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0']);
    await service.close();
  });

  it('reports the failure that led to the rollback, even when unloading fails too', async () => {
    const { server, service } = scriptedService();
    server.next('load_weights', () => json({ detail: 'damaged' }, 400)).next('unload_model', () => json({ detail: 'gone' }, 404));
    expect(await rejection(service.createTrainingClientFromState(path))).toMatchObject({
      kind: 'restoreFailed',
      step: 'loading',
      status: 400,
      cause: { kind: 'http', message: expect.stringContaining('damaged') },
    });
    await service.close();
  });

  it('gives a server that has gone half a minute to take the model back', async () => {
    const { server, environment, service } = scriptedService();
    server.next('load_weights', () => json({ detail: 'damaged' }, 400)).times(100, 'unload_model', () => broken());
    const error = rejection(service.createTrainingClientFromState(path));
    await settle();
    environment.clock.increment(30_000);
    expect(await error).toMatchObject({
      kind: 'restoreFailed',
      step: 'loading',
      message: expect.stringContaining('unloadModel: no result within 30000 ms'),
    });
    await service.close();
  });

  it.each([
    ['a bad path', 'somewhere', {}, 'path'],
    ['a sampler path', 'tinker://run/sampler_weights/x', {}, 'path'],
    ['a bad base model', path, { baseModel: '' }, 'baseModel'],
  ])('refuses %s before anything is sent', async (_, given, options, field) => {
    const { server, service } = scriptedService();
    expect(await rejection(service.createTrainingClientFromState(given, options))).toMatchObject({ kind: 'validation', field });
    expect(server.requests).toEqual([]);
    await service.close();
  });

  it('is told when the service is closed meanwhile', async () => {
    const { server, service } = scriptedService();
    server.next('weights_info', held().handler);
    const error = rejection(service.createTrainingClientFromState(path));
    await settle();
    await service.close();
    expect(await error).toMatchObject({ kind: 'cancelled' });
  });
});
