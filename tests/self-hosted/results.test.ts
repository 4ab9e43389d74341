import { describe, expect, it } from '@jest/globals';
import { datum, rejection } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { failed, plain500 } from '../support/skyrl-answers.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { skyrlService, skyrlTraining } from '../support/skyrl-server.js';

const pollsOf = (requests: readonly unknown[]) => requests.length;
const input = { prompt: [1, 2, 3], samplingParams: { maxTokens: 2 } };

async function skyrlSampling() {
  const opened = skyrlService('0.3');
  const sampling = await opened.service.createSamplingClient({ baseModel: 'Qwen/Qwen3-0.6B' });
  return { ...opened, sampling };
}

describe('a sample in JSON', () => {
  it('may have nulls and pairs of token and log-probability', async () => {
    const { server, service, sampling } = await skyrlSampling();
    server.next('retrieve_future', () =>
      json({
        sequences: [{ stop_reason: 'stop', tokens: [5], logprobs: [-0.5] }, { stop_reason: 'length', tokens: [6, 7], logprobs: [-1, -2] }],
        prompt_logprobs: [null, -0.25, -4],
        topk_prompt_logprobs: [null, [[2, -0.25], [9, -1.5]], null],
      }),
    );
    expect(await sampling.sample({ ...input, numSamples: 2, includePromptLogprobs: true, topkPromptLogprobs: 2 })).toEqual({
      sequences: [
        { stopReason: 'stop', tokens: Int32Array.of(5), logprobs: Float32Array.of(-0.5) },
        { stopReason: 'length', tokens: Int32Array.of(6, 7), logprobs: Float32Array.of(-1, -2) },
      ],
      promptLogprobs: [null, -0.25, -4],
      topkPromptLogprobs: [null, [{ token: 2, logprob: -0.25 }, { token: 9, logprob: -1.5 }], null],
      promptCacheHitTokens: 0,
    });
    await service.close();
  });

  it('may have one log-probability less than the prompt has tokens, or none', async () => {
    const { service, sampling } = await skyrlSampling();
    expect(await sampling.computeLogprobs([1, 2, 3])).toEqual([-0.25, -0.25]);
    expect(await sampling.computeLogprobs([1])).toEqual([]);
    expect((await sampling.sample(input)).promptLogprobs).toBeUndefined();
    await service.close();
  });
});

describe('a failed job', () => {
  it('is 400 with words: it is reported at once and not asked for again', async () => {
    const { skyrl, server, service, training } = await skyrlTraining();
    const before = pollsOf(server.to('retrieve_future'));
    skyrl.failNext('Loss gspo is not supported by the JAX backend');
    expect(await rejection(training.forwardBackward([datum()], 'gspo'))).toMatchObject({
      kind: 'requestFailed',
      category: 'unknown',
      status: 400,
      retriable: false,
      message: expect.stringContaining('Loss gspo is not supported by the JAX backend'),
    });
    expect(pollsOf(server.to('retrieve_future')) - before).toBe(1);
    await service.close();
  });

  it('is not concluded from a 400 without words, which is asked again a few times', async () => {
    const { server, environment, service, training } = await skyrlTraining();
    const before = pollsOf(server.to('retrieve_future'));
    server.times(3, 'retrieve_future', () => new Response(null, { status: 400 }));
    await expect(advanceUntil(environment, training.optimStep())).resolves.toMatchObject({ metrics: {} });
    server.times(4, 'retrieve_future', () => new Response(null, { status: 400 }));
    expect(await rejection(advanceUntil(environment, training.optimStep()))).toMatchObject({ kind: 'http', status: 400 });
    expect(pollsOf(server.to('retrieve_future')) - before).toBe(8);
    await service.close();
  });

  it('is known for good: asking for a future that there is not ends', async () => {
    const { server, service, training } = await skyrlTraining();
    server.next('retrieve_future', () => failed(404, 'Future not found'));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'http', status: 404, message: expect.stringContaining('Future not found') });
    await service.close();
  });
});

describe('a job that takes long', () => {
  it('is asked for again after 408, as often as it takes', async () => {
    const news: unknown[] = [];
    const { server, environment, service, training } = await skyrlTraining('0.3', { onQueueState: (said) => news.push(said) });
    server.times(5, 'retrieve_future', () => failed(408, 'Timeout waiting for result'));
    await expect(advanceUntil(environment, training.optimStep())).resolves.toMatchObject({ metrics: {} });
    expect(news).toEqual([]);
    await service.close();
  });

  it('is asked for again when the server has held its answer for 45 s', async () => {
    const { server, environment, service, training } = await skyrlTraining();
    server.next('retrieve_future', held().handler);
    const before = pollsOf(server.to('retrieve_future'));
    const step = training.optimStep();
    await settle();
    environment.clock.increment(44_999);
    await settle();
    expect(pollsOf(server.to('retrieve_future')) - before).toBe(1);
    environment.clock.increment(1);
    await expect(advanceUntil(environment, step)).resolves.toMatchObject({ metrics: {} });
    expect(pollsOf(server.to('retrieve_future')) - before).toBe(2);
    await service.close();
  });

  it.each(['ECONNRESET', 'UND_ERR_HEADERS_TIMEOUT', 'ECONNREFUSED'])('is asked for again after %s', async (code) => {
    const { server, environment, service, training } = await skyrlTraining();
    server.next('retrieve_future', () => broken(code));
    await expect(advanceUntil(environment, training.optimStep())).resolves.toMatchObject({ metrics: {} });
    await service.close();
  });
});

describe('what a server says of a failure', () => {
  it.each<[string, () => Response, string]>([
    ['error', () => json({ error: 'the engine is gone' }, 403), 'the engine is gone'],
    ['detail', () => failed(404, 'Model model_x not found'), 'Model model_x not found'],
    ['a list', () => json({ detail: [{ type: 'less_than', loc: ['body', 'adam_params', 'beta1'], msg: 'Input should be less than 1', input: 2 }] }, 422), 'adam_params.beta1: Input should be less than 1'],
    ['plain text', () => new Response('go away', { status: 403, headers: { 'content-type': 'text/plain' } }), 'go away'],
  ])('is told: %s', async (_, answer, told) => {
    const { server, service, training } = await skyrlTraining();
    server.next('optim_step', answer);
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'http', message: expect.stringContaining(told) });
    await service.close();
  });

  it('is told of 500 in plain text too, after five minutes of trying', async () => {
    const { server, environment, service } = await skyrlTraining();
    server.times(1000, 'get_server_capabilities', plain500);
    expect(await rejection(advanceUntil(environment, service.getServerCapabilities()))).toMatchObject({
      kind: 'http',
      status: 500,
      message: expect.stringContaining('500: Internal Server Error'),
      elapsedMs: 300_000,
    });
    await service.close();
  });
});

describe('an answer', () => {
  it('may have fields that we do not know, and lack all but its ids', async () => {
    const { server, service, training } = await skyrlTraining();
    expect(server.to('create_model')).toHaveLength(1);
    server.next('retrieve_future', () => json({}));
    expect(await training.optimStep()).toEqual({});
    server.next('retrieve_future', () => json({ loss_fn_outputs: [], extra: 1 }));
    expect(await training.forwardBackward([datum()], 'cross_entropy')).toEqual({ lossFnOutputType: 'ArrayRecord', lossFnOutputs: [], metrics: {} });
    server.next('get_info', () => json({ model_id: 'm', model_data: {}, status: 'created' }));
    expect(await training.getInfo()).toEqual({ modelId: 'm', modelData: {} });
    await service.close();
  });

  it('may have no metrics, or some that nobody knows how to reduce', async () => {
    const { server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    const chunk = (value: number) => () => json({ loss_fn_outputs: [{}], metrics: { 'total_loss:sum': value, 'lr:last': value, 'kl:mean': value, 'skyrl.ai/x': value } });
    const large = (tokens: number) => datum(Array.from({ length: tokens }, (_, token) => token));
    server.next('retrieve_future', chunk(2));
    expect((await training.forwardBackward([datum()], 'cross_entropy')).metrics).toEqual({ 'total_loss:sum': 2, 'lr:last': 2, 'kl:mean': 2, 'skyrl.ai/x': 2 });
    server.next('retrieve_future', chunk(2)).next('retrieve_future', chunk(4));
    expect((await training.forwardBackward([large(200_000), large(200_000)], 'cross_entropy')).metrics).toEqual({ 'total_loss:sum': 6, 'kl:mean': 3 });
    await service.close();
  });
});
