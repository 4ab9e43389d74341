import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Operation, type TrainingClient } from '../src/index.js';
import { atRest, leftovers } from './support/leftovers.js';
import { nockedClient, tinkerErrorOf, type NockedClient } from './support/nocked-client.js';
import { untyped } from './support/untyped.js';

const path = 'tinker://run-123/weights/checkpoint-001';

let nocked: NockedClient;
let training: TrainingClient;
beforeEach(async () => {
  nocked = nockedClient({ requestDeadlineMs: 1000 });
  training = await nocked.createTraining();
});
afterEach(async () => {
  await nocked.close();
});

describe('load_state/3', () => {
  it('returns Task that yields LoadWeightsResponse', async () => {
    nocked.api.accept('load_weights', { path, model_id: 'S:train:0', type: 'load_weights' });
    const task = training.loadState(path);
    expect(task).toBeInstanceOf(Operation);
    const loaded = await nocked.time.until(task);
    expect(loaded).toEqual({ path, modelId: 'S:train:0' });
    expect(await task).toBe(loaded);
    expect({ status: task.status, seqId: task.seqId, requestId: task.requestId }).toEqual({ status: 'done', seqId: 1, requestId: 'receipt-2' });
    expect(nocked.api.to('load_weights')).toHaveLength(1);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('takes an answer with nothing in it, as some servers give', async () => {
    nocked.api.accept('load_weights', {});
    expect(await nocked.time.until(training.loadState(path))).toEqual({});
  });

  it('sends request with optimizer: false', async () => {
    nocked.api.accept('load_weights', {});
    await nocked.time.until(training.loadState(path, { weightsAccessToken: 'tml-other' }));
    const [request] = nocked.api.to('load_weights');
    expect({ method: request?.method, path: request?.path }).toEqual({ method: 'POST', path: '/api/v1/load_weights' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-api-key': 'tml-nock-key',
      'x-idempotency-key': expect.stringMatching(/^tinkerjs-./) as unknown,
      'x-stainless-retry-count': '0',
    });
    expect(JSON.parse(request?.text ?? '')).toEqual({
      model_id: 'S:train:0',
      path,
      seq_id: 1,
      optimizer: false,
      weights_access_token: 'tml-other',
      type: 'load_weights',
    });
    expect(nocked.api.to('retrieve_future').at(-1)?.headers).toMatchObject({ 'x-tinker-request-type': 'LoadWeights' });
  });

  it('increments request counter', async () => {
    nocked.api
      .accept('load_weights', {})
      .accept('save_weights', { path: 'tinker://S:train:0/weights/between' })
      .accept('load_weights', {});
    const operations = [training.loadState(path), training.saveState('between'), training.loadState(path)] as const;
    await nocked.time.until(Promise.all(operations));
    expect(operations.map(({ seqId }) => seqId)).toEqual([1, 2, 3]);
    const sent = nocked.api.sent.filter((request) => /(save|load)_weights$/.test(request.path));
    expect(sent.map(({ text }) => text)).toEqual([
      `{"model_id":"S:train:0","path":"${path}","seq_id":1,"optimizer":false,"type":"load_weights"}`,
      '{"model_id":"S:train:0","path":"between","seq_id":2,"overwrite":false,"type":"save_weights"}',
      `{"model_id":"S:train:0","path":"${path}","seq_id":3,"optimizer":false,"type":"load_weights"}`,
    ]);
    expect(training.getSnapshot().nextSeqId).toBe(4);
  });

  it('refuses a sampler checkpoint before anything is sent, and says where it belongs', async () => {
    const load = training.loadState(untyped<string>('"tinker://run-123/sampler_weights/checkpoint-001"'));
    expect((await tinkerErrorOf(load)).toJSON()).toEqual({
      kind: 'validation',
      message: expect.stringContaining('A sampler checkpoint is one of the sampling API (createSamplingClient)') as unknown,
      retriable: false,
      field: 'path',
      operationId: load.id,
    });
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'create_model']);
    expect(training.getSnapshot().nextSeqId).toBe(1);
  });

  it('handles API errors', async () => {
    nocked.api
      .answer('load_weights', { detail: 'LoadWeights is not permitted with seq_id 1' }, { status: 400 })
      .accept('load_weights', { error: 'Checkpoint not found', category: 'user' })
      .accept('load_weights', { path });
    const [refused, failed, loaded] = [training.loadState(path), training.loadState(path), training.loadState(path)];
    // Listened to from the start: a rejection that nobody awaits is reported.
    const failure = tinkerErrorOf(failed);

    expect((await nocked.time.until(tinkerErrorOf(refused))).toJSON()).toEqual({
      kind: 'http',
      message:
        `${refused.id} (seq_id 1): /api/v1/load_weights: the server answered 400: ` +
        'LoadWeights is not permitted with seq_id 1',
      category: 'user',
      retriable: false,
      operationId: refused.id,
      seqId: 1,
      status: 400,
      attempts: 1,
      elapsedMs: 0,
    });
    expect((await nocked.time.until(failure)).toJSON()).toEqual({
      kind: 'requestFailed',
      message: `${failed.id} (seq_id 2): Checkpoint not found`,
      category: 'user',
      retriable: false,
      operationId: failed.id,
      seqId: 2,
      requestId: 'receipt-2',
    });
    expect(await nocked.time.until(loaded)).toEqual({ path });
    expect(loaded.seqId).toBe(3);
    expect(training.getSnapshot().counters).toEqual({ accepted: 2, done: 1, failed: 2, cancelled: 0 });
    expect(leftovers(training)).toEqual(atRest);
  });

  it('is wedged when a refusal may be about its own earlier attempt', async () => {
    // The first attempt got no answer; the second is told that a load must come first, as it did.
    nocked.api
      .answer('load_weights', '', { status: 500 })
      .answer('load_weights', { detail: 'LoadWeights is not permitted' }, { status: 400 });
    const load = training.loadState(path);
    const { kind, status, seqId, attempts } = await nocked.time.until(tinkerErrorOf(load));
    expect({ kind, status, seqId, attempts }).toEqual({ kind: 'wedged', status: 400, seqId: 1, attempts: 2 });
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', sending: { id: load.id, seqIds: [1] } });
  });
});

describe('wire format', () => {
  it('sends correct JSON with optimizer: false', async () => {
    nocked.api.accept('load_weights', {});
    await nocked.time.until(training.loadState(path));
    expect(nocked.api.texts('load_weights')).toEqual([
      `{"model_id":"S:train:0","path":"${path}","seq_id":1,"optimizer":false,"type":"load_weights"}`,
    ]);
  });
});
