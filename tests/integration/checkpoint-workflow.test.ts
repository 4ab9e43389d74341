import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ServiceClient, TrainingClient } from '../../src/index.js';
import { liveService, logprobBits, savedBytes, train } from '../support/live-training.js';
import { startServerProcess, withLocalServer, type ServerProcess } from '../support/local-server.js';

// Real training on whatever machine this is; none of these tests waits for time to pass.
jest.setTimeout(120_000);

let server: ServerProcess;
let service: ServiceClient;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
});
beforeEach(() => {
  service = liveService(server);
});
afterEach(async () => {
  await service.close();
});

function createClient(seed: number): Promise<TrainingClient> {
  return service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed });
}

/** What a client's checkpoint of this moment holds. */
async function bytesNow(training: TrainingClient, name: string): Promise<{ adapter: string; optimizer: string }> {
  return await savedBytes(server, (await training.saveState(name)).path);
}

describe('checkpoint save and load', () => {
  it('save → load → verify weights match', async () => {
    const trained = await createClient(1);
    await train(trained, 1, 4);
    const logprobs = await logprobBits(trained);
    const { path } = await trained.saveState('trained');
    const saved = await savedBytes(server, path);

    const other = await createClient(2);
    const fresh = { ...(await bytesNow(other, 'fresh')), logprobs: await logprobBits(other) };
    expect(fresh.adapter).not.toBe(saved.adapter);
    expect(fresh.logprobs).not.toBe(logprobs);

    expect(await other.loadState(path)).toEqual({ path, modelId: other.modelId });
    const loaded = await bytesNow(other, 'loaded');
    expect(loaded.adapter).toBe(saved.adapter);
    expect(await logprobBits(other)).toBe(logprobs);
    // Weights only: the optimizer is that of a new model.
    expect(loaded.optimizer).toBe(fresh.optimizer);
    expect(loaded.optimizer).not.toBe(saved.optimizer);
  });

  it('save → load_with_optimizer → verify optimizer state', async () => {
    const trained = await createClient(1);
    const before = await train(trained, 1, 4);
    const { path } = await trained.saveState('step-4');
    const saved = await savedBytes(server, path);
    const uninterrupted = await train(trained, 5, 10);
    const end = await bytesNow(trained, 'step-10');

    const resumed = await createClient(2);
    await resumed.loadStateWithOptimizer(path);
    expect(await bytesNow(resumed, 'resumed')).toEqual(saved);
    expect(await train(resumed, 5, 10)).toEqual(uninterrupted);
    expect(await bytesNow(resumed, 'resumed-10')).toEqual(end);
    expect(uninterrupted.at(-1)).toBeLessThan(before[0] ?? Number.NaN);

    // The weights alone begin at the same loss and go another way from the first step on.
    const weightsOnly = await createClient(3);
    await weightsOnly.loadState(path);
    const [first, ...others] = await train(weightsOnly, 5, 10);
    expect(first).toBe(uninterrupted[0]);
    expect(others).toHaveLength(5);
    expect(others.filter((loss, index) => loss === uninterrupted[index + 1])).toEqual([]);
    expect(await bytesNow(weightsOnly, 'weights-only-10')).not.toEqual(end);
  });

  it('save → create_from_state → verify', async () => {
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1, trainUnembed: false });
    await train(trained, 1, 3);
    const logprobs = await logprobBits(trained);
    const { path } = await trained.saveState('trained');
    const saved = await savedBytes(server, path);
    const uninterrupted = await train(trained, 4, 6);

    const weights = await service.createTrainingClientFromState(path);
    expect(await weights.getInfo()).toEqual({
      modelId: weights.modelId,
      modelData: { arch: 'llama', modelName: 'local/tiny', tokenizerId: 'local/tiny' },
      isLora: true,
      loraRank: 4,
      modelName: 'local/tiny',
    });
    expect(weights.modelId).not.toBe(trained.modelId);
    expect(await logprobBits(weights)).toBe(logprobs);
    const copied = await bytesNow(weights, 'copied');
    expect(copied.adapter).toBe(saved.adapter);
    expect(copied.optimizer).not.toBe(saved.optimizer);

    const whole = await service.createTrainingClientFromStateWithOptimizer(path);
    expect(await bytesNow(whole, 'copied')).toEqual(saved);
    expect(await train(whole, 4, 6)).toEqual(uninterrupted);
  });
});

describe('cross-session training', () => {
  it('train → save → stop → restart → load → train', async () => {
    await withLocalServer(async (own) => {
      const first = liveService(own);
      const training = await first.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1 });
      await train(training, 1, 4);
      const { path } = await training.saveState('step-4');
      const uninterrupted = await train(training, 5, 8);
      await first.close();
      const pid = own.pid;
      expect(await own.kill('SIGTERM')).toBe(0);

      await own.restart();
      expect(own.pid).not.toBe(pid);
      const second = liveService(own);
      const resumed = await second.createTrainingClientFromStateWithOptimizer(path);
      expect(await train(resumed, 5, 8)).toEqual(uninterrupted);
      const { operations } = await own.ledger();
      expect(operations.map(({ kind, seqId, outcome }) => [kind, seqId, outcome])).toEqual([
        ['create_model', undefined, 'done'],
        ['load_weights', 1, 'done'],
        ...[2, 4, 6, 8].flatMap((seqId) => [['forward_backward', seqId, 'done'], ['optim_step', seqId + 1, 'done']]),
      ]);
      await second.close();
    });
  });
});
