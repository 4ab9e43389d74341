import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RestClient, ServiceClient } from '../../src/index.js';
import { batch, liveService, logprobBits, savedBytes, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

jest.setTimeout(120_000);

let server: ServerProcess;
let service: ServiceClient;
beforeAll(async () => {
  server = await startServerProcess();
  service = liveService(server);
});
afterAll(async () => {
  await service.close();
  await server.close();
});

describe('ServiceClient', () => {
  it('ServiceClient: the constructor sends nothing', async () => {
    let requests = 0;
    const silent = new ServiceClient({
      baseUrl: server.url,
      apiKey: server.apiKey,
      userMetadata: { purpose: 'parity' },
      projectId: 'project-1',
      fetch: (...request) => {
        requests += 1;
        return globalThis.fetch(...request);
      },
    });
    silent.createRestClient();
    await silent.close();
    expect(requests).toBe(0);
  });

  it('get_server_capabilities', async () => {
    expect(await service.getServerCapabilities()).toEqual({
      supportedModels: [
        { modelName: 'local/tiny', maxContextLength: 512 },
        { modelName: 'local/small', maxContextLength: 1024 },
        { modelName: 'local/base', maxContextLength: 512 },
      ],
    });
  });

  it('create_lora_training_client', async () => {
    const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny' });
    expect(await training.getInfo()).toMatchObject({ modelId: training.modelId, isLora: true, loraRank: 32 });
    await training.unload();
  });

  it('LoraConfig: rank, seed and the parts to train are honoured', async () => {
    const [one, same, other] = await Promise.all(
      [7, 7, 8].map((seed) => service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed, trainMlp: false, trainUnembed: false })),
    );
    const bytes = await Promise.all([one, same, other].map(async (training) => (training === undefined ? undefined : savedBytes(server, (await training.saveState('initial')).path))));
    expect(bytes[0]?.adapter).toBe(bytes[1]?.adapter);
    expect(bytes[0]?.adapter).not.toBe(bytes[2]?.adapter);
    const { path } = (await one?.saveState('again')) ?? { path: '' };
    expect(await service.createRestClient().getWeightsInfoByTinkerPath(path)).toEqual({
      baseModel: 'local/tiny',
      isLora: true,
      loraRank: 4,
      trainUnembed: false,
      trainMlp: false,
      trainAttn: true,
    });
  });

  it('create_training_client_from_state', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
    await train(trained, 1, 2);
    const { path } = await trained.saveState('from-state');
    const resumed = await service.createTrainingClientFromState(path);
    expect(resumed.modelId).not.toBe(trained.modelId);
    expect(await logprobBits(resumed)).toBe(await logprobBits(trained));
    expect((await savedBytes(server, (await resumed.saveState('copy')).path)).optimizer).not.toBe((await savedBytes(server, path)).optimizer);
  });

  it('create_training_client_from_state_with_optimizer', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
    await train(trained, 1, 2);
    const { path } = await trained.saveState('with-optimizer');
    const resumed = await service.createTrainingClientFromStateWithOptimizer(path);
    expect(await train(resumed, 3, 4)).toEqual(await train(trained, 3, 4));
  });

  it('create_sampling_client', async () => {
    const base = await service.createSamplingClient({ baseModel: 'local/tiny' });
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
    // A fresh adapter changes nothing, so both are the base model.
    const { path } = await trained.saveWeightsForSampler('untrained');
    const saved = await service.createSamplingClient({ modelPath: path });
    const prompt = batch(0)[0]?.modelInput ?? [];
    expect(await saved.computeLogprobs(prompt)).toEqual(await base.computeLogprobs(prompt));
    expect(await saved.getBaseModel()).toBe('local/tiny');
  });

  it('create_rest_client', async () => {
    const rest = service.createRestClient();
    expect(rest).toBeInstanceOf(RestClient);
    expect((await rest.listSessions()).sessions.length).toBeGreaterThan(0);
  });

  it('get_telemetry', async () => {
    expect(service.getTelemetry()).toEqual({ state: 'off', sent: 0, dropped: 0, waiting: 0 });
    const telling = liveService(server, { telemetry: true });
    await telling.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 2 });
    await telling.close();
    const { state, sent, dropped } = telling.getTelemetry();
    // The beginning and the end of the session, at the least.
    expect([state === 'off', sent >= 2, dropped]).toEqual([false, true, 0]);
  });
});
