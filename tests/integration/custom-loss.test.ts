import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CustomLoss, ServiceClient } from '../../src/index.js';
import { batch, liveService, logprobBits } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

/** Cross-entropy with weights of one: minus the sum of all log-probabilities. */
const crossEntropy: CustomLoss = (_, logprobs) => ({
  loss: -logprobs.flatMap((row) => row.toNumbers()).reduce((sum, p) => sum + p, 0),
  gradients: logprobs.map((row) => new Float32Array(row.size).fill(-1)),
});

describe('a custom loss on a server that really trains', () => {
  let server: ServerProcess;
  let service: ServiceClient;

  beforeAll(async () => {
    server = await startServerProcess();
    service = liveService(server);
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await server.close();
  });

  it('trains to the same bits as the server\'s own cross-entropy when it is cross-entropy', async () => {
    const order = { baseModel: 'local/tiny', rank: 4, seed: 3 };
    const custom = await service.createLoraTrainingClient(order);
    const own = await service.createLoraTrainingClient(order);
    for (let step = 0; step < 3; step += 1) {
      const pass = custom.forwardBackwardCustom(batch(step), crossEntropy);
      const reference = own.forwardBackward(batch(step), 'cross_entropy');
      await Promise.all([custom.optimStep({ learningRate: 0.01 }), own.optimStep({ learningRate: 0.01 })]);
      expect((await pass).loss).toBeCloseTo((await reference).metrics['loss:sum'] ?? 0, 3);
    }
    expect(await logprobBits(custom)).toBe(await logprobBits(own));
  }, 60_000);
});
