import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { atRest, leftovers, running } from './support/leftovers.js';
import { nockedClient, tinkerErrorOf, type NockedClient } from './support/nocked-client.js';

const path = 'tinker://run-123:train:0/weights/checkpoint-001';

let nocked: NockedClient;
beforeEach(() => {
  nocked = nockedClient({}, { create_model_via_load_weights: true });
});
afterEach(async () => {
  await nocked.close();
});

describe('create_training_client_from_state/3 on a server that creates models by loading', () => {
  it('sends one request, and computes the id of the model', async () => {
    nocked.api.accept('load_weights', { path, model_id: 'ignored' });
    const options = { loadOptimizer: true, baseModel: 'BB', userMetadata: { u: '1' }, weightsAccessToken: 'tml-other' };
    const training = await nocked.time.until(nocked.service.createTrainingClientFromState(path, options));
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'load_weights']);
    expect(nocked.api.texts('load_weights')).toEqual([
      `{"session_id":"S","model_seq_id":0,"base_model":"BB","user_metadata":{"u":"1"},"path":"${path}",` +
        '"optimizer":true,"weights_access_token":"tml-other","type":"load_weights"}',
    ]);
    expect(training.modelId).toBe('S:train:0');
    expect(leftovers(training)).toEqual(atRest);

    // The load was not an operation of the model's queue: its numbers begin at 1.
    nocked.api.accept('save_weights', { path: 'tinker://S:train:0/weights/next' });
    expect((await nocked.time.until(training.saveState('next'))).seqId).toBe(1);
  });

  it('unloads the model when the load fails, and names the step', async () => {
    nocked.api
      .accept('load_weights', { error: 'Checkpoint is damaged', category: 'user' })
      .accept('unload_model', { model_id: 'S:train:0' });
    const error = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect({ kind: error.kind, step: error.step, category: error.category }).toEqual({ kind: 'restoreFailed', step: 'loading', category: 'user' });
    expect(nocked.api.texts('unload_model')).toEqual(['{"model_id":"S:train:0","type":"unload_model"}']);
    expect(running(nocked.service)).toEqual({ children: ['session'], trainings: [] });
  });
});
