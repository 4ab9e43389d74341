import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceClient, TrainingClient } from '../../src/index.js';
import { realEnvironment } from '../../src/machines/environment.js';
import { batch, liveService } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

// Pauses between attempts are a hundredth of what they are: what counts is how often a step is executed.
const hurried = {
  ...realEnvironment,
  clock: {
    ...realEnvironment.clock,
    setTimeout: (run: () => void, ms: number) => globalThis.setTimeout(run, ms < 10_000 ? ms / 100 : ms).unref(),
  },
};

describe('D4: a retry after a lost answer applies a step twice', () => {
  let server: ServerProcess;
  let service: ServiceClient;
  let training: TrainingClient;

  beforeAll(async () => {
    server = await startServerProcess();
    service = liveService(server, { environment: hurried });
    training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 2, seed: 1 });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await server.close();
  });

  it.each(['dropAnswer', 'malformedJson', 'wrongShape', 'halfBody'] as const)(
    'executes every operation once, in order, when answers are lost by %s',
    async (action) => {
      const before = (await server.ledger(training.modelId)).operations.length;
      for (const endpoint of ['forward_backward', 'optim_step', 'save_weights']) {
        await server.fault({ endpoint, action, count: 2 });
      }
      const operations = [
        training.forwardBackward(batch(1), 'cross_entropy'),
        training.optimStep({ learningRate: 0.01 }),
        training.saveState(`after-${action}`),
        training.optimStep({ learningRate: 0 }),
      ];
      await Promise.all(operations);
      const { operations: executed } = await server.ledger(training.modelId);
      expect(executed.slice(before).map(({ kind, outcome, seqId }) => [kind, outcome, seqId])).toEqual([
        ['forward_backward', 'done', operations[0]?.seqId],
        ['optim_step', 'done', operations[1]?.seqId],
        ['save_weights', 'done', operations[2]?.seqId],
        ['optim_step', 'done', operations[3]?.seqId],
      ]);
      await server.clearFaults();
    },
    60_000,
  );
});
