import { describe, expect, it } from '@jest/globals';
import { datum, rejection } from '../support/clients.js';
import { broken, endpointOf, type Handler } from '../support/scripted-server.js';
import { failed, plain500 } from '../support/skyrl-answers.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { skyrlService, skyrlTraining, type Skyrl } from '../support/skyrl-server.js';

/** Takes the request, and loses the answer. */
function lost(skyrl: Skyrl): Handler {
  return (request) => {
    skyrl.answer(request);
    return broken();
  };
}

/** Takes the request when the test says so. */
function slow(skyrl: Skyrl): { readonly handler: Handler; readonly release: () => void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { handler: (request) => released.then(() => skyrl.answer(request)), release };
}

describe('500 in plain text', () => {
  it('is tried again under the same number, over the reset that follows it', async () => {
    const { server, environment, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    const calls = [
      ['forward_backward', () => training.forwardBackward([datum()], 'cross_entropy')],
      ['forward', () => training.forward([datum()], 'cross_entropy')],
      ['optim_step', () => training.optimStep()],
    ] as const;
    for (const [index, [endpoint, call]] of calls.entries()) {
      server.next(endpoint, plain500).next(endpoint, () => broken());
      await advanceUntil(environment, call());
      const sent = server.to(endpoint);
      expect(sent.map(({ body }) => body['seq_id'])).toEqual([index + 1, index + 1, index + 1]);
      expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    }
    await service.close();
  });
});

describe('409', () => {
  it.each([
    ['optim_step', 'Training request sequence number was reused'],
    ['save_weights', "Checkpoint 'a' already exists for model 'm'"],
  ])('ends %s at once: %s', async (endpoint, detail) => {
    const { server, service, training } = await skyrlTraining();
    server.next(endpoint, () => failed(409, detail));
    const call = endpoint === 'optim_step' ? training.optimStep() : training.saveState('a');
    expect(await rejection(call)).toMatchObject({ kind: 'http', status: 409, attempts: 1, message: expect.stringContaining(detail) });
    expect(training.getSnapshot().state).toBe('idle');
    await service.close();
  });

  it('is what a taken name gets from the server itself', async () => {
    const { service, training } = await skyrlTraining();
    await training.saveState('a');
    await training.saveWeightsForSampler('a');
    expect(await rejection(training.saveState('a', { overwrite: true }))).toMatchObject({ status: 409, message: expect.stringContaining("'a' already exists") });
    expect(await rejection(training.saveWeightsForSampler('a'))).toMatchObject({ status: 409 });
    await service.close();
  });
});

describe('an answer that was lost', () => {
  it('of a step is got by asking again under its number, which the server knows', async () => {
    const { skyrl, server, environment, service, training } = await skyrlTraining('head');
    const receipts: string[] = [];
    const kept: Handler = async (request) => {
      const receipt = skyrl.answer(request);
      receipts.push(await receipt.clone().text());
      return receipts.length === 1 ? broken() : receipt;
    };
    server.next('optim_step', kept).next('optim_step', kept);
    await expect(advanceUntil(environment, training.optimStep())).resolves.toMatchObject({ metrics: {} });
    expect([receipts.length, new Set(receipts).size]).toEqual([2, 1]);
    await service.close();
  });

  it('of a save wedges the client: the name exists now, and listing shows by whom', async () => {
    const { skyrl, server, environment, service, training } = await skyrlTraining();
    server.next('save_weights', lost(skyrl));
    expect(await rejection(advanceUntil(environment, training.saveState('a')))).toMatchObject({ kind: 'wedged', message: expect.stringContaining('already exists') });
    const { checkpoints } = await service.createRestClient().listCheckpoints(training.modelId);
    expect(checkpoints.map(({ tinkerPath }) => tinkerPath)).toEqual([`tinker://${training.modelId}/weights/a`]);
    training.skip();
    await expect(training.optimStep()).resolves.toMatchObject({});
    await service.close();
  });

  it('of a save for sampling wedges the client as well', async () => {
    const { skyrl, server, environment, service, training } = await skyrlTraining();
    server.next('save_weights_for_sampler', lost(skyrl));
    expect(await rejection(advanceUntil(environment, training.saveWeightsForSampler('a')))).toMatchObject({ kind: 'wedged' });
    await service.close();
  });

  it('of a load fails the restore, and takes its model back', async () => {
    const { skyrl, server, environment, service, training } = await skyrlTraining();
    const { path } = await training.saveState('a');
    server.next('load_weights', lost(skyrl));
    const failure = await rejection(advanceUntil(environment, service.createTrainingClientFromState(path)));
    expect(failure).toMatchObject({ kind: 'restoreFailed', step: 'loading', message: expect.stringContaining('LoadWeights is not permitted with seq_id 1') });
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual([skyrl.models[1]]);
    await service.close();
  });

  it('of a creation makes one more model, of which the last is used', async () => {
    const { skyrl, server, environment, service } = skyrlService();
    server.next('create_model', lost(skyrl));
    const training = await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 }));
    expect([skyrl.models.length, training.modelId]).toEqual([2, skyrl.models[1]]);
    expect(new Set(server.to('create_model').map(({ body }) => body['model_seq_id']))).toEqual(new Set([0]));
    await service.close();
  });

  it('of a sample has it drawn twice', async () => {
    const { skyrl, server, environment, service } = skyrlService();
    const sampling = await service.createSamplingClient({ baseModel: 'Qwen/Qwen3-0.6B' });
    server.next('asample', lost(skyrl));
    await expect(advanceUntil(environment, sampling.sample({ prompt: [1], samplingParams: { maxTokens: 2 } }))).resolves.toMatchObject({ sequences: [{}] });
    expect(new Set(server.to('asample').map(({ body }) => body['seq_id']))).toEqual(new Set([0]));
    await service.close();
  });
});

describe('order', () => {
  it('is that of the calls: a request waits until the one before it has its receipt', async () => {
    const { skyrl, server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    const gate = slow(skyrl);
    server.next('forward_backward', gate.handler);
    const pass = training.forwardBackward([datum()], 'cross_entropy');
    const step = training.optimStep();
    await settle();
    expect(server.to('optim_step')).toEqual([]);
    gate.release();
    await Promise.all([pass, step]);
    expect(server.to('optim_step')).toHaveLength(1);
    await service.close();
  });

  it('has chunks at the same time, and the step after all of them', async () => {
    const { skyrl, server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    const gate = slow(skyrl);
    server.next('forward_backward', gate.handler);
    const pass = training.forwardBackward(Array.from({ length: 2049 }, () => datum()), 'cross_entropy');
    const step = training.optimStep();
    await settle();
    expect(server.to('forward_backward').map(({ body }) => body['seq_id'])).toEqual([2, 3]);
    gate.release();
    await Promise.all([pass, step]);
    const sent = server.requests.map((request) => [endpointOf(request), request.body['seq_id']]).filter(([endpoint]) => endpoint === 'forward_backward' || endpoint === 'optim_step');
    expect(sent).toEqual([['forward_backward', 2], ['forward_backward', 3], ['forward_backward', 1], ['optim_step', 4]]);
    await service.close();
  });
});

describe('numbers', () => {
  it('start at 1 for a model and at 0 for a sampling session, which is sent', async () => {
    const { server, service, training } = await skyrlTraining();
    await training.optimStep();
    await training.saveState('a');
    const sampling = await training.saveWeightsAndGetSamplingClient();
    await sampling.sample({ prompt: [1], samplingParams: { maxTokens: 2 } });
    await sampling.sample({ prompt: [1], samplingParams: { maxTokens: 2 } });
    const numbers = (endpoint: string) => server.to(endpoint).map(({ body }) => body['seq_id']);
    expect(['optim_step', 'save_weights', 'save_weights_for_sampler', 'asample'].map(numbers)).toEqual([[1], [2], [3], [0, 1]]);
    expect(server.to('asample')[0]?.text).toContain('"seq_id":0');
    await service.close();
  });
});

describe('425', () => {
  it('is waited out by whoever samples or loads a checkpoint that is still being saved', async () => {
    const { server, environment, service, training } = await skyrlTraining();
    const { path } = await training.saveState('a');
    const sampling = await service.createSamplingClient({ modelPath: (await training.saveWeightsForSampler('w')).path });
    server.times(3, 'asample', () => failed(425, 'Checkpoint is still being created'));
    await expect(advanceUntil(environment, sampling.sample({ prompt: [1], samplingParams: { maxTokens: 2 } }))).resolves.toMatchObject({ sequences: [{}] });
    server.times(3, 'load_weights', () => failed(425, 'Checkpoint is still being created'));
    await expect(advanceUntil(environment, service.createTrainingClientFromState(path))).resolves.toMatchObject({});
    expect([server.to('asample').length, server.to('load_weights').length]).toEqual([4, 4]);
    await service.close();
  });

  it('does not come at all when the path of a save is awaited', async () => {
    const { skyrl, server, service, training } = await skyrlTraining();
    const gate = slow(skyrl);
    const before = server.to('retrieve_future').length;
    server.next('retrieve_future', gate.handler);
    const saved = training.saveWeightsForSampler('w');
    const sampling = saved.then(({ path }) => service.createSamplingClient({ modelPath: path }));
    await settle();
    expect([server.to('retrieve_future').length - before, server.to('create_sampling_session').length]).toEqual([1, 0]);
    gate.release();
    await sampling;
    expect(server.to('create_sampling_session').map(({ body }) => body['model_path'])).toEqual([`tinker://${training.modelId}/sampler_weights/w`]);
    await service.close();
  });
});
