import { describe, expect, it } from '@jest/globals';
import type { TrainingClient } from '../../src/index.js';
import { liveService } from '../support/live-training.js';
import { withLocalServer, type ServerProcess } from '../support/local-server.js';
import { runPython } from './support/run-python.js';
import { createOf, dataOf, passOf, planFile, planOf, type Plan } from './support/twin.js';
import { sdks } from './support/versions.js';

/** What `sdk_checkpoints.py` writes, as our client comes to it. */
async function checkpointsWithOurs(server: ServerProcess, plan: Plan) {
  const service = liveService(server);
  const train = async (training: TrainingClient, batch: number): Promise<object> => {
    const output = await training.forwardBackward(dataOf(plan.batches[batch] ?? []), plan.loss);
    return { pass: passOf(output), step: (await training.optimStep(plan.adam)).metrics };
  };
  const training = await createOf(service, plan);
  await train(training, 0);
  const { path } = await training.saveState('kept');
  const on = await train(training, 1);
  await training.loadStateWithOptimizer(path);
  const resumed = await train(training, 1);
  await training.loadState(path);
  const loaded = await train(training, 1);
  // Going on with the optimizer's moments is going on; without them it is not.
  expect(resumed).toEqual(on);
  expect(loaded).not.toEqual(on);
  const anew = await train(await service.createTrainingClientFromState(path), 1);
  const continued = await train(await service.createTrainingClientFromStateWithOptimizer(path), 1);
  await service.close();
  const own = (folder: string, name: string): unknown => expect.stringMatching(new RegExp(`^tinker://[^/]+/${folder}/${name}$`));
  return [
    { what: 'saved', path: own('weights', 'kept') },
    { what: 'trained on', result: on },
    { what: 'load_state_with_optimizer', result: resumed },
    { what: 'load_state', result: loaded },
    { what: 'load_state_with_optimizer_async', result: resumed },
    { what: 'load_state_async', result: loaded },
    { what: 'create_training_client_from_state', result: anew, rank: plan.rank },
    { what: 'create_training_client_from_state_with_optimizer', result: continued },
    { what: 'create_training_client_from_state_async', result: anew },
    { what: 'create_training_client_from_state_with_optimizer_async', result: continued },
    { what: 'overwritten', path: own('weights', 'kept') },
    { what: 'save_weights_for_sampler', path: own('sampler_weights', 'for-sampling') },
    { what: 'save_state_async', path: own('weights', 'kept-too') },
    { what: 'save_weights_for_sampler_async', path: own('sampler_weights', 'for-sampling-too') },
  ];
}

describe.each(sdks)('SDK $version', (sdk) => {
  describe('checkpoints', () => {
    it.each([
      ['saving, loading and restoring', []],
      ['with models created by load_weights', ['--create-model-via-load-weights']],
      ['with tokens in exchange for the key', ['--jwt']],
    ])('%s: every number afterwards as with our client', (_name, args) =>
      withLocalServer(
        async (server) => {
          const plan = planOf('cross_entropy');
          const { lines } = await runPython(sdk, 'sdk_checkpoints.py', { server, args: [await planFile(plan)] });
          expect(lines).toEqual(await checkpointsWithOurs(server, plan));
        },
        { args },
      ),
    );
  });
});
