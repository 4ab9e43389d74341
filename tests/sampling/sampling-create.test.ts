import { describe, expect, it } from '@jest/globals';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { untyped } from '../support/codec.js';
import { json } from '../support/scripted-server.js';
import { input } from '../support/sampling.js';
import { settle } from '../support/simulated.js';

const path = 'tinker://R:train:0/sampler_weights/a';

describe('createSamplingClient', () => {
  it('opens a sampling session under the next number', async () => {
    const { server, service } = scriptedService();
    const [base, checkpoint] = [
      await service.createSamplingClient({ baseModel: 'B' }),
      await service.createSamplingClient({ modelPath: path, retryConfig: { maxConnections: 3 } }),
    ];
    expect(server.to('create_sampling_session').map(({ text }) => text)).toEqual([
      '{"session_id":"S","sampling_session_seq_id":0,"base_model":"B","type":"create_sampling_session"}',
      `{"session_id":"S","sampling_session_seq_id":1,"model_path":"${path}","type":"create_sampling_session"}`,
    ]);
    expect([base.samplingSessionId, checkpoint.samplingSessionId]).toEqual(['S:sample:0', 'S:sample:1']);
    expect(Object.keys(service.actor.getSnapshot().context.samplings).length).toBe(2);
    await service.close();
  });

  it('takes both kinds of model at once, and the short paths of self-hosted servers', async () => {
    const { server, service } = scriptedService();
    await service.createSamplingClient({ baseModel: 'B', modelPath: 'tinker://R/a' });
    expect(server.to('create_sampling_session')[0]?.body).toMatchObject({ base_model: 'B', model_path: 'tinker://R/a' });
    await service.close();
  });

  it('is offered by training clients for any checkpoint', async () => {
    const { server, training } = await scriptedTraining();
    const sampling = await training.createSamplingClient(path);
    await sampling.sample(input);
    expect(server.to('create_sampling_session').map(({ body }) => body['model_path'])).toEqual([path]);
  });

  const shape = 'expected a sampler checkpoint such as tinker://RUN/sampler_weights/NAME';
  it.each<[string, unknown, string, string]>([
    ['no model', {}, 'modelPath', 'got neither modelPath nor baseModel, expected one of them'],
    ['an empty base model', { baseModel: '' }, 'baseModel', 'got "", expected the name of a base model'],
    ['a base model that is no name', { baseModel: 1 }, 'baseModel', 'got 1, expected the name of a base model'],
    ['a path without scheme', { modelPath: 'R/sampler_weights/a' }, 'modelPath', `got "R/sampler_weights/a", ${shape}`],
    ['a path that is none', { modelPath: 1 }, 'modelPath', `got 1, ${shape}`],
    [
      'a training checkpoint',
      { modelPath: 'tinker://R/weights/a' },
      'modelPath',
      `got "tinker://R/weights/a", ${shape}. A training checkpoint cannot be sampled from: save the weights with saveWeightsForSampler`,
    ],
    ['a bad retry setting', { baseModel: 'B', retryConfig: { jitterFactor: 2 } }, 'retryConfig.jitterFactor', 'got 2, expected a number from 0 to 1'],
    ['an unknown option', { model: 'B' }, 'options.model', 'there is no such option; the options are signal, timeoutMs, modelPath, baseModel, retryConfig'],
  ])('refuses %s before anything is sent', async (_, options, field, message) => {
    const { server, service } = scriptedService();
    const create = untyped(service.createSamplingClient.bind(service));
    expect(await rejection(Promise.resolve(create(options)))).toMatchObject({ kind: 'validation', field, message: `${field}: ${message}` });
    expect(server.requests).toEqual([]);
  });

  it('fails with what the server says', async () => {
    const { server, service } = scriptedService();
    server.next('create_sampling_session', () => json({ detail: 'no such checkpoint' }, 404));
    expect(await rejection(service.createSamplingClient({ modelPath: path }))).toMatchObject({ kind: 'http', status: 404 });
    expect(service.actor.getSnapshot().context.samplings).toEqual({});
  });

  it('closes a client that comes after its caller has gone', async () => {
    const { server, service } = scriptedService();
    let answer: (response: Response) => void = () => undefined;
    server.next('create_sampling_session', () => new Promise((resolve) => { answer = resolve; }));
    const signal = new AbortController();
    const created = service.createSamplingClient({ baseModel: 'B', signal: signal.signal });
    await settle();
    signal.abort();
    expect(await rejection(created)).toMatchObject({ kind: 'cancelled' });
    answer(json({ sampling_session_id: 'late' }));
    await settle();
    expect(service.actor.getSnapshot().context.samplings).toEqual({});
  });

  it('is no use after the service is closed', async () => {
    const { service } = scriptedService();
    await service.close();
    expect(await rejection(service.createSamplingClient({ baseModel: 'B' }))).toMatchObject({ kind: 'cancelled' });
  });
});
