import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { untyped } from '../support/codec.js';
import { broken, json } from '../support/scripted-server.js';
import { input } from '../support/sampling.js';
import { advanceUntil, settle } from '../support/simulated.js';

describe('saveWeightsForSampler', () => {
  it('sends what the official client sends, and says which moment it holds', async () => {
    const { server, training } = await scriptedTraining();
    await training.optimStep();
    const operation = training.saveWeightsForSampler('ck', { ttlSeconds: 5 });
    await expect(operation).resolves.toEqual({ path: 'tinker://S:train:0/sampler_weights/ck', seqId: 2, optimStepsBefore: 1 });
    await training.saveWeightsForSampler('ck2');
    expect(server.to('save_weights_for_sampler').map(({ text }) => text)).toEqual([
      '{"model_id":"S:train:0","path":"ck","seq_id":2,"ttl_seconds":5,"type":"save_weights_for_sampler"}',
      '{"model_id":"S:train:0","path":"ck2","seq_id":3,"type":"save_weights_for_sampler"}',
    ]);
    expect(server.to('retrieve_future').at(-1)?.headers.get('x-tinker-request-type')).toBe('SaveWeightsForSampler');
    expect(operation.kind).toBe('saveWeightsForSampler');
  });

  it('completes the short path of a self-hosted server', async () => {
    const { server, training } = await scriptedTraining();
    server.next('save_weights_for_sampler', (request) => server.accept(request, { path: 'tinker://model_1/ck', type: 'save_weights_for_sampler' }));
    await expect(training.saveWeightsForSampler('ck')).resolves.toMatchObject({ path: 'tinker://model_1/sampler_weights/ck' });
  });

  it.each([[undefined, 'undefined'], [null, 'undefined'], ['tinker://r/weights/ck', '"tinker://r/weights/ck"'], ['ck', '"ck"']])(
    'fails when the server saved to %p',
    async (path, shown) => {
      const { server, training } = await scriptedTraining();
      server.next('save_weights_for_sampler', (request) => server.accept(request, { path }));
      expect(await rejection(training.saveWeightsForSampler('ck'))).toMatchObject({
        kind: 'malformedResponse',
        message: expect.stringContaining(`the server saved to ${shown}, which is not a sampler checkpoint`),
      });
    },
  );

  it('refuses bad names, times to live and options before anything is sent', async () => {
    const { server, training } = await scriptedTraining();
    const save = untyped(training.saveWeightsForSampler.bind(training));
    const errors = await Promise.all([save('a/b'), save('a', { ttlSeconds: 0 }), save('a', { overwrite: true })].map((saved) => rejection(Promise.resolve(saved))));
    expect(errors).toMatchObject([{ field: 'name' }, { field: 'ttlSeconds' }, { field: 'options.overwrite' }]);
    expect(server.to('save_weights_for_sampler')).toEqual([]);
  });

  it('tells a name that exists at once', async () => {
    const { server, training } = await scriptedTraining();
    server.next('save_weights_for_sampler', () => json({ detail: 'exists' }, 409));
    expect(await rejection(training.saveWeightsForSampler('ck'))).toMatchObject({ kind: 'http', status: 409 });
    await expect(training.optimStep()).resolves.toEqual({ metrics: { step: 1 } });
  });
});

describe('saveWeightsAndGetSamplingClient', () => {
  it('gives a client of the weights as they are, without a session request of its own', async () => {
    const { server, training, service } = await scriptedTraining();
    await service.createSamplingClient({ baseModel: 'base' });
    const saved = training.saveWeightsAndGetSamplingClient({ retryConfig: { maxConnections: 7 } });
    const next = training.optimStep();
    const sampling = await saved;
    await next;
    await sampling.sample(input);
    expect(server.to('save_weights_for_sampler').map(({ text }) => text)).toEqual([
      '{"model_id":"S:train:0","sampling_session_seq_id":1,"seq_id":1,"type":"save_weights_for_sampler"}',
    ]);
    expect(server.to('optim_step').map(({ body }) => body['seq_id'])).toEqual([2]);
    expect(server.to('create_sampling_session').length).toBe(1);
    expect(server.to('asample')[0]?.body['sampling_session_id']).toBe('S:sample:1');
  });

  it('draws the number of the session once, however often the request is sent', async () => {
    const { server, training, environment } = await scriptedTraining();
    server.next('save_weights_for_sampler', () => broken()).next('save_weights_for_sampler', () => json({}, 503));
    await advanceUntil(environment, training.saveWeightsAndGetSamplingClient());
    expect(new Set(server.to('save_weights_for_sampler').map(({ text }) => text))).toEqual(
      new Set(['{"model_id":"S:train:0","sampling_session_seq_id":0,"seq_id":1,"type":"save_weights_for_sampler"}']),
    );
    expect(server.to('save_weights_for_sampler').length).toBe(3);
  });

  it('refuses bad settings before a number is drawn', async () => {
    const { server, training } = await scriptedTraining();
    expect(await rejection(training.saveWeightsAndGetSamplingClient({ retryConfig: { jitterFactor: -1 } }))).toMatchObject({ field: 'retryConfig.jitterFactor' });
    await training.saveWeightsAndGetSamplingClient();
    expect(server.to('save_weights_for_sampler').map(({ body }) => body['sampling_session_seq_id'])).toEqual([0]);
  });

  it('fails when no session was opened, or the service is gone by then', async () => {
    const { server, training, service } = await scriptedTraining();
    server.next('save_weights_for_sampler', (request) => server.accept(request, { path: 'tinker://r/sampler_weights/x' }));
    expect(await rejection(training.saveWeightsAndGetSamplingClient())).toMatchObject({
      kind: 'malformedResponse',
      message: expect.stringContaining('without opening a sampling session'),
    });
    await service.close();
    expect(await rejection(training.saveWeightsAndGetSamplingClient())).toMatchObject({ kind: 'cancelled' });
  });

  it('is an operation like any other: it can be cancelled in the queue', async () => {
    const { server, training } = await scriptedTraining();
    server.next('forward_backward', () => new Promise<Response>(() => undefined));
    const pass = training.forwardBackward([datum()], 'cross_entropy');
    const saved = training.saveWeightsAndGetSamplingClient();
    await settle();
    saved.cancel();
    expect(await rejection(saved)).toMatchObject({ kind: 'cancelled' });
    training.close();
    await rejection(pass);
    expect(server.to('save_weights_for_sampler')).toEqual([]);
  });
});
