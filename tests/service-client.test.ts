import { afterEach, describe, expect, it } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { ServiceClient } from '../src/index.js';
import { rejection, scriptedService } from './support/clients.js';
import { broken, held, json } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';
import { untyped } from './support/untyped.js';

const services: ServiceClient[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

const open: typeof scriptedService = (...options) => {
  const scripted = scriptedService(...options);
  services.push(scripted.service);
  return scripted;
};

describe('ServiceClient', () => {
  it('sends nothing before its first call', async () => {
    const { server } = open();
    await settle();
    expect(server.requests).toEqual([]);
  });

  it('opens one session for all its clients', async () => {
    const { server, service } = open({ tags: ['a'], userMetadata: { run: 7 }, projectId: 'p' });
    const [first, second] = await Promise.all([
      service.createLoraTrainingClient({ baseModel: 'base' }),
      service.createLoraTrainingClient({ baseModel: 'base', seed: 3, trainMlp: false, userMetadata: { k: 'v' } }),
    ]);
    expect(server.requests.slice(0, 5).map(({ path, body }) => [path, body])).toEqual([
      ['/api/v1/client/config', { sdk_version: '0.25.0' }],
      ['/api/v1/client/dynamic_config', { sdk_version: '0.25.0' }],
      [
        '/api/v1/create_session',
        { tags: ['a'], user_metadata: { run: 7 }, sdk_version: '0.25.0', project_id: 'p', type: 'create_session' },
      ],
      [
        '/api/v1/create_model',
        {
          session_id: 'S',
          model_seq_id: 0,
          base_model: 'base',
          lora_config: { rank: 32, train_unembed: true, train_mlp: true, train_attn: true },
          type: 'create_model',
        },
      ],
      [
        '/api/v1/create_model',
        {
          session_id: 'S',
          model_seq_id: 1,
          base_model: 'base',
          user_metadata: { k: 'v' },
          lora_config: { rank: 32, seed: 3, train_unembed: true, train_mlp: false, train_attn: true },
          type: 'create_model',
        },
      ],
    ]);
    expect([first.modelId, second.modelId].sort()).toEqual(['S:train:0', 'S:train:1']);
  });

  it('opens the session again with the next call when it could not be opened', async () => {
    const { server, environment, service } = open({ requestDeadlineMs: 1 });
    server.times(2, 'create_session', () => broken('ECONNREFUSED'));
    expect(await advanceUntil(environment, rejection(service.createLoraTrainingClient({ baseModel: 'base' })))).toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(service.createLoraTrainingClient({ baseModel: 'base' })).resolves.toMatchObject({ modelId: 'S:train:0' });
  });

  it('takes the defaults of a server that has no settings to give', async () => {
    const { server, service } = open();
    server.next('client/config', () => json({ detail: 'Not Found' }, 404));
    await expect(service.createLoraTrainingClient({ baseModel: 'base' })).resolves.toBeDefined();
  });

  it('takes a model back whose creation got no clear answer, and none that was refused', async () => {
    const { server, service } = open();
    server.next('retrieve_future', () => json({ model_id: 7 }));
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'malformedResponse' });
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0']);
    server.next('create_model', () => json({ detail: 'no such base model' }, 400));
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'http', status: 400 });
    server.next('retrieve_future', () => json({ model_id: 7 })).next('unload_model', () => json({ detail: 'busy' }, 500, { 'x-should-retry': 'false' }));
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'malformedResponse' });
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0', 'S:train:2']);
  });

  it('asks for capabilities without a session', async () => {
    const { server, service } = open();
    await expect(service.getServerCapabilities()).resolves.toEqual({ supportedModels: [{ modelName: 'base' }] });
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/v1/client/config'],
      ['POST', '/api/v1/client/dynamic_config'],
      ['GET', '/api/v1/get_server_capabilities'],
    ]);
  });

  it.each([
    ['null', 'options: got null, expected an object'],
    ['{"baseModel":"b","ranks":1}', 'options.ranks: there is no such option; the options are signal, timeoutMs, baseModel, rank'],
    ['{}', 'baseModel: got undefined, expected the name of a base model'],
    ['{"baseModel":""}', 'baseModel: got "", expected the name of a base model'],
    ['{"baseModel":"b","rank":0}', 'rank: got 0, expected a whole number, at least 1'],
    ['{"baseModel":"b","rank":1.5}', 'rank: got 1.5, expected a whole number, at least 1'],
    ['{"baseModel":"b","seed":"x"}', 'seed: got "x", expected a whole number'],
    ['{"baseModel":"b","trainMlp":1}', 'trainMlp: got 1, expected true or false'],
    ['{"baseModel":"b","userMetadata":[]}', 'userMetadata: got an array of 0, expected a plain object'],
    [
      '{"baseModel":"b","trainMlp":false,"trainAttn":false,"trainUnembed":false}',
      'trainMlp: got false, expected true when trainAttn and trainUnembed are false: otherwise nothing would be trained',
    ],
  ])('refuses %s before anything is sent', async (options, message) => {
    const { server, service } = open();
    expect(await rejection(service.createLoraTrainingClient(untyped(options)))).toMatchObject({ kind: 'validation', message: expect.stringContaining(message) });
    expect(server.requests).toEqual([]);
  });

  it('passes an observer of xstate through to every actor', async () => {
    const ids = new Set<string>();
    const inspect = ({ actorRef }: InspectionEvent) => {
      if ('id' in actorRef) ids.add(String(actorRef.id).replace(/-\d+/, ''));
    };
    const { service } = open({ inspect });
    const training = await service.createLoraTrainingClient({ baseModel: 'base' });
    await training.optimStep();
    expect([...ids]).toEqual(
      expect.arrayContaining(['service', 'session', 'createModel', 'training', 'submission', 'attempt', 'future.optimStep.0', 'poll']),
    );
  });

  it('tells onError that the session is lost, and refuses new clients', async () => {
    const { server, environment, service, unobserved } = open();
    await service.createLoraTrainingClient({ baseModel: 'base' });
    server.next('session_heartbeat', () => json({ detail: 'Session not found' }, 404));
    environment.clock.increment(10_000);
    await settle();
    expect(unobserved).toEqual([expect.objectContaining({ kind: 'sessionLost', status: 404 })]);
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'sessionLost' });
  });

  it('closes: whoever waits is told, later calls are refused, closing again does nothing', async () => {
    const { server, service } = open();
    server.next('client/config', held().handler);
    server.next('get_server_capabilities', held().handler);
    const waiting = [rejection(service.createLoraTrainingClient({ baseModel: 'base' })), rejection(service.getServerCapabilities())];
    await settle();
    await service.close();
    await service.close();
    const closed = { kind: 'cancelled', message: 'The ServiceClient is closed. Open a new one.' };
    for (const error of waiting) expect(await error).toMatchObject(closed);
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject(closed);
    expect(await rejection(service.getServerCapabilities())).toMatchObject(closed);
    expect(service.actor.getSnapshot().status).toBe('done');
  });

  it('is closed at the end of `await using`', async () => {
    const { service } = open();
    await service[Symbol.asyncDispose]();
    expect(service.actor.getSnapshot().status).toBe('done');
  });

  it('refuses bad options when it is made', () => {
    expect(() => new ServiceClient({ apiKey: 'k', baseUrl: 'ftp://x' })).toThrow('baseUrl: got "ftp://x", expected an http or https URL');
  });
});

describe('RestClient', () => {
  it('tells what a checkpoint holds', async () => {
    const { server, service } = open();
    await expect(service.createRestClient().getWeightsInfoByTinkerPath('tinker://run/weights/x')).resolves.toEqual({
      baseModel: 'base',
      isLora: true,
      loraRank: 8,
      trainUnembed: true,
      trainMlp: true,
      trainAttn: true,
    });
    expect(server.to('weights_info').map(({ text }) => text)).toEqual(['{"tinker_path":"tinker://run/weights/x"}']);
    expect(server.to('create_session')).toEqual([]);
  });

  it('refuses a sampler checkpoint before anything is sent', async () => {
    const { server, service } = open();
    expect(await rejection(service.createRestClient().getWeightsInfoByTinkerPath('tinker://run/sampler_weights/x'))).toMatchObject({
      kind: 'validation',
      field: 'path',
    });
    expect(server.requests).toEqual([]);
  });
});
