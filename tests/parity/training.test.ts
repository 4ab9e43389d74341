import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AdamParams, ServiceClient, TrainingClient } from '../../src/index.js';
import { batch, liveService, logprobBits, savedBytes, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

jest.setTimeout(120_000);

let server: ServerProcess;
let service: ServiceClient;
let training: TrainingClient;
beforeAll(async () => {
  server = await startServerProcess();
  service = liveService(server);
  training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1 });
});
afterAll(async () => {
  await service.close();
  await server.close();
});

const adam: AdamParams = { learningRate: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 };

describe('TrainingClient', () => {
  it('model_id', async () => {
    expect((await service.createRestClient().getTrainingRun(training.modelId)).trainingRunId).toBe(training.modelId);
  });

  it('forward', async () => {
    const before = await training.forward(batch(1), 'cross_entropy');
    const after = await training.forward(batch(1), 'cross_entropy');
    expect(after).toEqual(before);
  });

  it('ForwardBackwardOutput: log-probabilities per position, and the loss summed over them', async () => {
    const { lossFnOutputType, lossFnOutputs, metrics } = await training.forward(batch(1), 'cross_entropy');
    expect(lossFnOutputType).toEqual(expect.any(String));
    expect(lossFnOutputs.map(({ logprobs }) => [logprobs?.dtype, logprobs?.shape])).toEqual([['float32', [24]], ['float32', [24]]]);
    const sum = lossFnOutputs.flatMap(({ logprobs }) => logprobs?.toNumbers() ?? []).reduce((total, each) => total - each, 0);
    expect(metrics['loss:sum']).toBeCloseTo(sum, 2);
  });

  it('forward_backward', async () => {
    const model = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1 });
    const before = await logprobBits(model);
    await model.forwardBackward(batch(1), 'cross_entropy');
    expect(await logprobBits(model)).toBe(before);
    await model.optimStep({ learningRate: 0.01 });
    expect(await logprobBits(model)).not.toBe(before);
  });

  it('forward_backward_custom', async () => {
    const [own, plain] = await Promise.all([1, 1].map((seed) => service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed })));
    const custom = await own?.forwardBackwardCustom(batch(1), (_data, logprobs) => ({
      loss: -logprobs.flatMap((each) => each.toNumbers()).reduce((sum, each) => sum + each, 0),
      gradients: logprobs.map(({ size }) => new Float32Array(size).fill(-1)),
      metrics: { mine: 7 },
    }));
    const reference = await plain?.forwardBackward(batch(1), 'cross_entropy');
    expect(custom?.loss).toBeCloseTo(reference?.metrics['loss:sum'] ?? Number.NaN, 2);
    expect(custom?.metrics['mine']).toBe(7);
    // The sum of negated log-probabilities is cross-entropy: both take the same step.
    await Promise.all([own?.optimStep(), plain?.optimStep()]);
    expect(own === undefined ? '' : await logprobBits(own)).toBe(plain === undefined ? '-' : await logprobBits(plain));
  });

  it('optim_step', async () => {
    const [byDefault, explicit] = await Promise.all([2, 2].map((seed) => service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed })));
    await Promise.all([byDefault?.forwardBackward(batch(1), 'cross_entropy'), explicit?.forwardBackward(batch(1), 'cross_entropy')]);
    await Promise.all([byDefault?.optimStep(), explicit?.optimStep(adam)]);
    expect(byDefault === undefined ? '' : await logprobBits(byDefault)).toBe(explicit === undefined ? '-' : await logprobBits(explicit));
  });

  it('AdamParams: a learning rate of 0 leaves the weights as they are', async () => {
    const fresh = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 3 });
    await fresh.forwardBackward(batch(1), 'cross_entropy');
    const before = await logprobBits(fresh);
    await fresh.optimStep({ learningRate: 0 });
    expect(await logprobBits(fresh)).toBe(before);
  });

  it('OptimStepResponse: names the step and the norm of the gradient', async () => {
    const fresh = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 3 });
    await fresh.forwardBackward(batch(1), 'cross_entropy');
    expect(await fresh.optimStep()).toEqual({ metrics: { step: 1, grad_norm: expect.any(Number) } });
  });

  it('save_state', async () => {
    const { path, seqId, optimStepsBefore } = await training.saveState('saved');
    expect(path).toBe(`tinker://${training.modelId}/weights/saved`);
    expect([seqId > 0, optimStepsBefore]).toEqual([true, 0]);
    await expect(training.saveState('saved')).rejects.toMatchObject({ kind: 'requestFailed', category: 'user' });
    expect((await training.saveState('saved', { overwrite: true, ttlSeconds: 3600 })).path).toBe(path);
  });

  it('load_state', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 4 });
    await train(trained, 1, 2);
    const { path } = await trained.saveState('to-load');
    const other = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 5 });
    expect(await other.loadState(path)).toEqual({ path, modelId: other.modelId });
    expect(await logprobBits(other)).toBe(await logprobBits(trained));
  });

  it('load_state_with_optimizer', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 4 });
    await train(trained, 1, 2);
    const { path } = await trained.saveState('to-resume');
    const other = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 5 });
    await other.loadStateWithOptimizer(path);
    expect(await savedBytes(server, (await other.saveState('resumed')).path)).toEqual(await savedBytes(server, path));
  });

  it('save_weights_for_sampler', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 6 });
    await train(trained, 1, 2);
    const saved = trained.saveWeightsForSampler('sampler', { ttlSeconds: 3600 });
    const later = train(trained, 3, 4);
    expect(await saved).toEqual({ path: `tinker://${trained.modelId}/sampler_weights/sampler`, seqId: 5, optimStepsBefore: 2 });
    await later;
  });

  it('save_weights_and_get_sampling_client', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 6 });
    await train(trained, 1, 2);
    const { lossFnOutputs: before } = await trained.forward(batch(0), 'cross_entropy');
    const saving = trained.saveWeightsAndGetSamplingClient();
    await train(trained, 3, 4);
    const sampler = await saving;
    const datum = batch(0)[0];
    const logprobs = await sampler.computeLogprobs(datum?.modelInput ?? []);
    // The first token is predicted by nothing; after it stand the targets of the forward pass.
    expect(logprobs[0]).toBeNull();
    const expected = before[0]?.['logprobs']?.toNumbers().slice(0, -1) ?? [];
    logprobs.slice(1).forEach((logprob, at) => expect(logprob).toBeCloseTo(expected[at] ?? Number.NaN, 3));
  });

  it('create_sampling_client', async () => {
    const { path } = await training.saveWeightsForSampler('for-a-client');
    const sampler = await training.createSamplingClient(path);
    expect(await sampler.getBaseModel()).toBe('local/tiny');
  });

  it('get_info', async () => {
    expect(await training.getInfo()).toEqual({
      modelId: training.modelId,
      modelData: { arch: 'llama', modelName: 'local/tiny', tokenizerId: 'local/tiny' },
      isLora: true,
      loraRank: 8,
      modelName: 'local/tiny',
    });
  });

  it('get_tokenizer', async () => {
    const tokenizer = await training.getTokenizer();
    const text = 'Grüße, 世界 🌍';
    expect(tokenizer.encode(text)).toEqual([...Buffer.from(text)]);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('await future', async () => {
    const operation = training.forward(batch(1), 'cross_entropy');
    const [one, another] = await Promise.all([operation, operation]);
    expect(another).toBe(one);
  });

  it('result, also within limits', async () => {
    const operation = training.forward(batch(1), 'cross_entropy');
    expect(await operation.result({ timeoutMs: 60_000 })).toBe(await operation);
  });

  it('result_async after a wait that was given up', async () => {
    const operation = training.forward(batch(1), 'cross_entropy');
    await expect(operation.result({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'cancelled' });
    expect((await operation).lossFnOutputs).toHaveLength(2);
  });

  it('Timeout', async () => {
    await server.fault({ endpoint: 'retrieve_future', action: 'delay', ms: 2_000, count: 1 });
    await expect(training.forward(batch(1), 'cross_entropy', undefined, { timeoutMs: 1 })).rejects.toMatchObject({ kind: 'timeout' });
    await server.clearFaults();
  });

  it('RequestOptions: a signal gives a call up', async () => {
    await expect(training.getInfo({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
