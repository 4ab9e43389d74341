import { describe, expect, it } from '@jest/globals';
import { datum } from '../support/clients.js';
import { asked, skyrlService } from '../support/skyrl-server.js';

describe('a whole run', () => {
  it('trains, saves, samples and restores in JSON, with exactly these requests', async () => {
    const { skyrl, server, service } = skyrlService('0.3', { baseUrl: 'http://skyrl.test:8000/' });
    const training = await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
    const [first] = skyrl.models;
    expect(training.modelId).toBe(first);

    await training.forward([datum()], 'cross_entropy');
    const pass = training.forwardBackward([datum()], 'cross_entropy');
    const step = training.optimStep({ learningRate: 0.01 });
    expect((await pass).metrics).toEqual({});
    expect(await step).toEqual({ metrics: { 'skyrl.ai/grad_norm': 1.5, 'skyrl.ai/learning_rate': 0.0001 } });
    const state = await training.saveState('state-1');
    expect(state).toEqual({ path: `tinker://${first}/weights/state-1`, seqId: 4, optimStepsBefore: 1 });
    const weights = await training.saveWeightsForSampler('weights-1');
    expect(weights).toEqual({ path: `tinker://${first}/sampler_weights/weights-1`, seqId: 5, optimStepsBefore: 1 });

    const sampling = await service.createSamplingClient({ modelPath: weights.path });
    expect(await sampling.sample({ prompt: [1, 2, 3], samplingParams: { maxTokens: 2, stop: 'end' }, includePromptLogprobs: true })).toEqual({
      sequences: [{ stopReason: 'length', tokens: Int32Array.of(5, 6), logprobs: Float32Array.of(-0.5, -1) }],
      promptLogprobs: [-0.25, -0.25],
      promptCacheHitTokens: 0,
    });

    const restored = await service.createTrainingClientFromStateWithOptimizer(state.path);
    expect([skyrl.models.length, restored.modelId]).toEqual([2, skyrl.models[1]]);
    await restored.forwardBackward([datum()], 'cross_entropy');
    await restored.unload();
    await service.close();

    expect(asked(server)).toEqual([
      'POST client/config',
      'POST client/dynamic_config',
      'POST create_session',
      'POST create_model',
      'POST forward_backward',
      'POST forward',
      'POST forward_backward',
      'POST optim_step',
      'POST save_weights',
      'POST save_weights_for_sampler',
      'POST create_sampling_session',
      'POST asample',
      'POST weights_info',
      'POST create_model',
      'POST load_weights',
      'POST forward_backward',
      'POST unload_model',
    ]);
    const numbers = server.requests.filter(({ path, body }) => !path.endsWith('create_sampling_session') && body['seq_id'] !== undefined);
    expect(numbers.map(({ body }) => [body['model_id'] ?? 'sample', body['seq_id']])).toEqual([
      [first, 1],
      [first, 1],
      [first, 2],
      [first, 3],
      [first, 4],
      [first, 5],
      ['sample', 0],
      [restored.modelId, 1],
      [restored.modelId, 2],
    ]);
  });

  it('is the same without the settings that older releases lack', async () => {
    const { server, service } = skyrlService('0.2', { encoding: 'json' });
    const training = await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
    await training.step([datum()], 'cross_entropy');
    await service.close();
    expect(asked(server).slice(3)).toEqual(['POST create_model', 'POST forward_backward', 'POST optim_step']);
  });
});
