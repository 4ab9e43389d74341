import { describe, expect, it } from '@jest/globals';
import { datum, rejection } from '../support/clients.js';
import { skyrlService, skyrlTraining } from '../support/skyrl-server.js';
import { untyped } from '../support/untyped.js';

const prompt = [1, 2];

async function skyrlSampling() {
  const opened = skyrlService();
  return { ...opened, sampling: await opened.service.createSamplingClient({ baseModel: 'Qwen/Qwen3-0.6B' }) };
}

describe('what would hang or crash the server', () => {
  it('is refused before it is sent: no data, no targets', async () => {
    const { server, service, training } = await skyrlTraining();
    expect(await rejection(training.forwardBackward([], 'cross_entropy'))).toMatchObject({ kind: 'validation', field: 'data' });
    for (const lossFn of ['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'gspo', 'dppo', 'ppo_critic']) {
      const refused = await rejection(training.forwardBackward([{ ...datum(), lossFnInputs: { weights: [1, 1] } }], lossFn));
      expect(refused).toMatchObject({ kind: 'validation', field: 'data[0].lossFnInputs.target_tokens' });
    }
    expect(server.to('forward_backward')).toEqual([]);
    await service.close();
  });

  it.each([
    ['numSamples', { prompt, numSamples: 0, samplingParams: { maxTokens: 1 } }],
    ['samplingParams.maxTokens', { prompt, samplingParams: { maxTokens: 0 } }],
  ])('is refused before it is sent: %s below 1', async (field, input) => {
    const { server, service, sampling } = await skyrlSampling();
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'validation', field });
    expect(server.to('asample')).toEqual([]);
    await service.close();
  });

  it('does not count samples without maxTokens, which other servers take: the server says no at once', async () => {
    const { server, service, sampling } = await skyrlSampling();
    expect(await rejection(sampling.sample({ prompt, samplingParams: {} }))).toMatchObject({ kind: 'http', status: 400, message: expect.stringContaining('max_tokens must be specified') });
    expect(server.to('asample')).toHaveLength(1);
    await service.close();
  });
});

describe('stop conditions', () => {
  it('of one text go out as a list', async () => {
    const { server, service, sampling } = await skyrlSampling();
    await sampling.sample({ prompt, samplingParams: { maxTokens: 2, stop: 'end' } });
    await sampling.sample({ prompt, samplingParams: { maxTokens: 2, stop: [7, 8] } });
    expect(server.to('asample').map(({ body }) => body['sampling_params'])).toMatchObject([{ stop: ['end'] }, { stop: [7, 8] }]);
    await service.close();
  });

  it('of texts and tokens together are refused', async () => {
    const { server, service, sampling } = await skyrlSampling();
    const mixed = untyped<Parameters<typeof sampling.sample>[0]>('{"prompt":[1],"samplingParams":{"maxTokens":2,"stop":["end",7]}}');
    expect(await rejection(sampling.sample(mixed))).toMatchObject({ kind: 'validation', field: 'samplingParams.stop' });
    expect(server.to('asample')).toEqual([]);
    await service.close();
  });
});

describe('what this server has beside the protocol', () => {
  it('is its losses: any name goes out', async () => {
    const { server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    for (const lossFn of ['gspo', 'dppo', 'ppo_critic']) await training.forwardBackward([datum()], lossFn);
    expect(server.to('forward_backward').map(({ body }) => body['forward_backward_input'])).toMatchObject([{ loss_fn: 'gspo' }, { loss_fn: 'dppo' }, { loss_fn: 'ppo_critic' }]);
    await service.close();
  });

  it('is fields of a model, which extraBody takes', async () => {
    const { server, service } = skyrlService();
    await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8, extraBody: { model_role: 'critic' } });
    expect(server.to('create_model').map(({ body }) => body)).toEqual([
      {
        model_role: 'critic',
        session_id: 'session_00000001',
        model_seq_id: 0,
        base_model: 'Qwen/Qwen3-0.6B',
        lora_config: { rank: 8, train_unembed: true, train_mlp: true, train_attn: true },
        type: 'create_model',
      },
    ]);
    await service.close();
  });

  it.each([
    ['{"base_model":"other"}', 'extraBody.base_model'],
    ['[]', 'extraBody'],
    ['{"model_role":1e999}', 'extraBody.model_role'],
  ])('is not %s in extraBody', async (extraBody, field) => {
    const { server, service } = skyrlService();
    const refused = await rejection(service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', extraBody: untyped(extraBody) }));
    expect(refused).toMatchObject({ kind: 'validation', field });
    expect(server.requests).toEqual([]);
    await service.close();
  });
});
