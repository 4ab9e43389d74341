import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { trainingMachine } from '../src/machines/training-machine.js';
import { Operation, type TrainingClient } from '../src/index.js';
import { atRest, leftovers } from './support/leftovers.js';
import { nockedClient, tinkerErrorOf, type NockedClient } from './support/nocked-client.js';

const path = 'tinker://run-123/weights/checkpoint-001';

let inspected: InspectionEvent[];
let nocked: NockedClient;
let training: TrainingClient;
beforeEach(async () => {
  inspected = [];
  nocked = nockedClient({ inspect: (event) => inspected.push(event) });
  training = await nocked.createTraining();
});
afterEach(async () => {
  await nocked.close();
});

/** The events of a type that the training client's machine got, each with the transition that handled it. */
function handled(type: string) {
  return inspected.flatMap((seen) => {
    if (seen.type !== '@xstate.microstep' || seen.actorRef !== training.actor || seen.event.type !== type) return [];
    // Without those that follow by themselves, such as beginning to send.
    const transitions = seen._transitions.filter(({ eventType }) => eventType !== '');
    return transitions.map((transition) => ({ event: seen.event, transition }));
  });
}

describe('load_state_with_optimizer/3', () => {
  it('returns Task that yields LoadWeightsResponse', async () => {
    nocked.api.accept('load_weights', { path, model_id: 'S:train:0', type: 'load_weights' });
    const task = training.loadStateWithOptimizer(path);
    expect(task).toBeInstanceOf(Operation);
    const loaded = await nocked.time.until(task);
    expect(loaded).toEqual({ path, modelId: 'S:train:0' });
    expect(await task).toBe(loaded);
    expect({ status: task.status, seqId: task.seqId, requestId: task.requestId }).toEqual({ status: 'done', seqId: 1, requestId: 'receipt-2' });
    expect(leftovers(training)).toEqual(atRest);
  });

  it('sends request with optimizer: true', async () => {
    nocked.api.accept('load_weights', {});
    await nocked.time.until(training.loadStateWithOptimizer(path, { weightsAccessToken: 'tml-other' }));
    const [request] = nocked.api.to('load_weights');
    expect({ method: request?.method, path: request?.path }).toEqual({ method: 'POST', path: '/api/v1/load_weights' });
    expect(JSON.parse(request?.text ?? '')).toEqual({
      model_id: 'S:train:0',
      path,
      seq_id: 1,
      optimizer: true,
      weights_access_token: 'tml-other',
      type: 'load_weights',
    });
    expect(nocked.api.to('retrieve_future').at(-1)?.headers).toMatchObject({ 'x-tinker-request-type': 'LoadWeights' });
  });

  it('reuses same handler as load_state', async () => {
    nocked.api.accept('load_weights', {}).accept('load_weights', {});
    const operations = [training.loadState(path), training.loadStateWithOptimizer(path)];
    await nocked.time.until(Promise.all(operations));

    const [weightsOnly, withOptimizer, ...others] = handled('load.requested');
    expect(others).toEqual([]);
    // The very transition object of the machine that runs, which has no other for this event.
    expect(weightsOnly?.transition).toMatchObject({ eventType: 'load.requested', source: { id: 'training' } });
    expect(withOptimizer?.transition).toBe(weightsOnly?.transition);
    expect(trainingMachine.root.transitions.get('load.requested')).toHaveLength(1);

    const [first, second] = operations.map(({ id }) => ({ id, kind: 'loadState', bytes: 200, parts: 1, together: true, secondPass: false }));
    expect(weightsOnly?.event).toEqual({ type: 'load.requested', entry: first, optimizer: false });
    expect(withOptimizer?.event).toEqual({ type: 'load.requested', entry: second, optimizer: true });
  });

  it('refuses what is not a training checkpoint before anything is sent', async () => {
    const { kind, field } = await tinkerErrorOf(training.loadStateWithOptimizer('checkpoint-001'));
    expect({ kind, field }).toEqual({ kind: 'validation', field: 'path' });
    expect(nocked.api.to('load_weights')).toEqual([]);
  });
});

describe('wire format', () => {
  it('sends correct JSON with optimizer: true', async () => {
    nocked.api.accept('load_weights', {});
    await nocked.time.until(training.loadStateWithOptimizer(path));
    expect(nocked.api.texts('load_weights')).toEqual([
      `{"model_id":"S:train:0","path":"${path}","seq_id":1,"optimizer":true,"type":"load_weights"}`,
    ]);
  });
});
