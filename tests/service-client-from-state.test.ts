import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { TrainingClient } from '../src/index.js';
import { atRest, leftovers, running } from './support/leftovers.js';
import { nockedClient, tinkerErrorOf, type NockedClient } from './support/nocked-client.js';
import { untyped } from './support/untyped.js';

const path = 'tinker://run-123:train:0/weights/checkpoint-001';
const metadata = { base_model: 'meta-llama/Llama-3.2-1B', is_lora: true, lora_rank: 16 };
const loadText = (modelId: string, optimizer: boolean) =>
  `{"model_id":"${modelId}","path":"${path}","seq_id":1,"optimizer":${optimizer},"type":"load_weights"}`;

let inspected: InspectionEvent[];
let nocked: NockedClient;
beforeEach(() => {
  inspected = [];
  nocked = nockedClient({ requestDeadlineMs: 1000, inspect: (event) => inspected.push(event) });
});
afterEach(async () => {
  await nocked.close();
  jest.restoreAllMocks();
});

/** The states of the training clients' actors that were started. */
function trainingActors(): readonly unknown[] {
  return inspected.flatMap((seen) => {
    const isTraining = seen.type === '@xstate.actor' && 'id' in seen.actorRef && String(seen.actorRef.id).startsWith('training-');
    const snapshot: unknown = isTraining ? seen.actorRef.getSnapshot() : undefined;
    return isTraining ? [snapshot] : [];
  });
}

const stopped: unknown = expect.objectContaining({ status: 'done', value: 'stopped' });

/** What a failed restore may leave: the session, with the timer of its heartbeat. */
function expectOnlyTheSession(): void {
  expect(running(nocked.service)).toEqual({ children: ['session'], trainings: [] });
  expect({ timers: nocked.time.timers, open: nocked.time.open }).toEqual({ timers: 1, open: 0 });
}

describe('create_training_client_from_state/3', () => {
  it('queries weights metadata', async () => {
    nocked.api.answer('weights_info', metadata).accept('create_model', { model_id: 'S:train:0' }).accept('load_weights', {});
    await nocked.time.until(nocked.service.createTrainingClientFromState(path));
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'weights_info', 'create_model', 'load_weights']);
    const [request] = nocked.api.to('weights_info');
    expect({ method: request?.method, path: request?.path }).toEqual({ method: 'POST', path: '/api/v1/weights_info' });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'x-api-key': 'tml-nock-key' });
    expect(request?.text).toBe(`{"tinker_path":"${path}"}`);
  });

  it('creates client with same architecture', async () => {
    nocked.api
      .answer('weights_info', { ...metadata, train_unembed: false, train_mlp: null })
      .accept('create_model', { model_id: 'S:train:0' })
      .accept('load_weights', {});
    await nocked.time.until(nocked.service.createTrainingClientFromState(path, { userMetadata: { purpose: 'resume' } }));
    expect(nocked.api.texts('create_model')).toEqual([
      '{"session_id":"S","model_seq_id":0,"base_model":"meta-llama/Llama-3.2-1B","user_metadata":{"purpose":"resume"},' +
        '"lora_config":{"rank":16,"train_unembed":false,"train_mlp":true,"train_attn":true},"type":"create_model"}',
    ]);
  });

  it('loads weights without optimizer by default', async () => {
    nocked.api.answer('weights_info', metadata).accept('create_model', { model_id: 'S:train:0' }).accept('load_weights', {});
    await nocked.time.until(nocked.service.createTrainingClientFromState(path));
    expect(nocked.api.texts('load_weights')).toEqual([loadText('S:train:0', false)]);
  });

  it('loads weights with optimizer when requested', async () => {
    for (const model_id of ['S:train:0', 'S:train:1']) {
      nocked.api.answer('weights_info', metadata).accept('create_model', { model_id }).accept('load_weights', {});
    }
    await nocked.time.until(nocked.service.createTrainingClientFromState(path, { loadOptimizer: true }));
    await nocked.time.until(nocked.service.createTrainingClientFromStateWithOptimizer(path));
    expect(nocked.api.texts('load_weights')).toEqual([loadText('S:train:0', true), loadText('S:train:1', true)]);
  });

  it('passes on another base model', async () => {
    nocked.api.answer('weights_info', metadata).accept('create_model', { model_id: 'S:train:0' }).accept('load_weights', {});
    const options = { baseModel: 'meta-llama/Llama-3.2-1B-Instruct' };
    await nocked.time.until(nocked.service.createTrainingClientFromState(path, options));
    expect(nocked.api.texts('create_model')[0]).toContain('"base_model":"meta-llama/Llama-3.2-1B-Instruct"');
  });

  it('returns training client on success', async () => {
    nocked.api.answer('weights_info', metadata).accept('create_model', { model_id: 'S:train:0' }).accept('load_weights', {});
    const training = await nocked.time.until(nocked.service.createTrainingClientFromState(path));
    expect(training).toBeInstanceOf(TrainingClient);
    expect(training.modelId).toBe('S:train:0');
    expect(leftovers(training)).toEqual(atRest);
    expect(running(nocked.service)).toEqual({ children: ['session', training.actor.id], trainings: [training.actor.id] });

    nocked.api.accept('save_weights', { path: 'tinker://S:train:0/weights/next' });
    const saved = await nocked.time.until(training.saveState('next'));
    expect(saved).toEqual({ path: 'tinker://S:train:0/weights/next', seqId: 2, optimStepsBefore: 0 });
  });

  it('handles metadata query errors', async () => {
    nocked.api.answer('weights_info', { detail: 'Checkpoint not found' }, { status: 404 });
    const error = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect(error.toJSON()).toEqual({
      kind: 'restoreFailed',
      message:
        'The training client could not be restored: reading what the checkpoint holds failed: ' +
        '/api/v1/weights_info: the server answered 404: Checkpoint not found. Everything made for it was taken back.',
      step: 'readingMetadata',
      status: 404,
      category: 'user',
      retriable: false,
    });
    expect(error.cause).toMatchObject({ kind: 'http', status: 404, attempts: 1 });
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'weights_info']);
    expect(trainingActors()).toEqual([]);
    expectOnlyTheSession();
  });

  it.each([
    ['is not LoRA', { ...metadata, is_lora: false }],
    ['has no rank', { base_model: metadata.base_model, is_lora: true }],
  ])('refuses a checkpoint that %s before anything is created', async (_, answer) => {
    nocked.api.answer('weights_info', answer);
    const { kind, step, cause } = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect({ kind, step }).toEqual({ kind: 'restoreFailed', step: 'readingMetadata' });
    expect(cause).toMatchObject({ kind: 'validation', field: 'path', message: expect.stringContaining('is not a LoRA checkpoint') as unknown });
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'weights_info']);
    expectOnlyTheSession();
  });

  it('refuses a bad path before anything is sent', async () => {
    const restore = nocked.service.createTrainingClientFromState(untyped<string>('"tinker://run-123/sampler_weights/checkpoint-001"'));
    const { kind, field } = await tinkerErrorOf(restore);
    expect({ kind, field }).toEqual({ kind: 'validation', field: 'path' });
    expect(nocked.api.sent).toEqual([]);
  });

  it('handles client creation errors', async () => {
    nocked.api.answer('weights_info', metadata).accept('create_model', { error: 'Unknown base model', category: 'user' });
    const error = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect(error.toJSON()).toEqual({
      kind: 'restoreFailed',
      message:
        'The training client could not be restored: creating the model failed: ' +
        'createModel (request receipt-1): Unknown base model. Everything made for it was taken back.',
      step: 'creatingModel',
      category: 'user',
      retriable: false,
    });
    expect(error.cause).toMatchObject({ kind: 'requestFailed', requestId: 'receipt-1' });
    expect(nocked.api.calls).toEqual(['client/config', 'client/dynamic_config', 'create_session', 'weights_info', 'create_model']);
    expect(trainingActors()).toEqual([]);
    expectOnlyTheSession();
  });

  it('handles load errors', async () => {
    const started = jest.spyOn(globalThis, 'setInterval');
    const ended = jest.spyOn(globalThis, 'clearInterval');
    nocked.api
      .answer('weights_info', metadata)
      .accept('create_model', { model_id: 'S:train:0' })
      .accept('load_weights', { error: 'Checkpoint is damaged', category: 'user' })
      .accept('unload_model', { model_id: 'S:train:0' });
    const error = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect(error.toJSON()).toEqual({
      kind: 'restoreFailed',
      message: expect.stringMatching(
        /^The training client could not be restored: loading the checkpoint failed: loadState-\d+ \(seq_id 1\): Checkpoint is damaged\. /,
      ) as unknown,
      step: 'loading',
      category: 'user',
      retriable: false,
    });
    expect(error.cause).toMatchObject({ kind: 'requestFailed', seqId: 1, requestId: 'receipt-2' });
    expect(nocked.api.calls.slice(3)).toEqual(['weights_info', 'create_model', 'load_weights', 'unload_model']);
    expect(nocked.api.texts('unload_model')).toEqual(['{"model_id":"S:train:0","type":"unload_model"}']);
    expect(trainingActors()).toEqual([stopped]);
    expectOnlyTheSession();
    // What keeps the process running is let go.
    expect(started.mock.results.map(({ value }) => value)).toEqual(ended.mock.calls.map(([timer]) => timer));
    expect(started).toHaveBeenCalled();

    // The number of the failed model is never used again.
    nocked.api.answer('weights_info', metadata).accept('create_model', { model_id: 'S:train:1' }).accept('load_weights', {});
    const training = await nocked.time.until(nocked.service.createTrainingClientFromState(path));
    expect(training.modelId).toBe('S:train:1');
    expect(nocked.api.texts('create_model').map((text) => /"model_seq_id":(\d+)/.exec(text)?.[1])).toEqual(['0', '1']);
  });

  it('unloads the model also when it is not clear whether the load was taken', async () => {
    nocked.api
      .answer('weights_info', metadata)
      .accept('create_model', { model_id: 'S:train:0' })
      .answer('load_weights', { detail: 'overloaded' }, { status: 503, times: 3 })
      .accept('unload_model', { model_id: 'S:train:0' });
    const { kind, step, status, cause } = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect({ kind, step, status }).toEqual({ kind: 'restoreFailed', step: 'loading', status: 503 });
    expect(cause).toMatchObject({ kind: 'wedged', seqId: 1, attempts: 3 });
    expect(trainingActors()).toEqual([stopped]);
    expectOnlyTheSession();
  });

  it.each([
    ['fails too', { error: 'the engine is busy', category: 'server' }, /Taking back what was made for it failed too, .*: the engine is busy$/],
    ['finds no such model', { error: 'Model is not loaded', category: 'user' }, /\. Everything made for it was taken back\.$/],
  ])('reports the load error when unloading %s', async (_, result, text) => {
    nocked.api
      .answer('weights_info', metadata)
      .accept('create_model', { model_id: 'S:train:0' })
      .answer('load_weights', { detail: 'no such checkpoint' }, { status: 404 })
      .accept('unload_model', result);
    const { step, status, cause, message } = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect({ step, status }).toEqual({ step: 'loading', status: 404 });
    expect(message).toMatch(text);
    expect(cause).toMatchObject({ kind: 'http', message: expect.stringContaining('no such checkpoint') as unknown });
    expectOnlyTheSession();
  });

  it('unloads the model also when it is not clear whether it was created', async () => {
    nocked.api
      .answer('weights_info', metadata)
      .answer('create_model', { detail: 'overloaded' }, { status: 503, times: 3 })
      .answer('unload_model', { detail: 'Model not found' }, { status: 404 });
    const error = await nocked.time.until(tinkerErrorOf(nocked.service.createTrainingClientFromState(path)));
    expect({ kind: error.kind, step: error.step, status: error.status }).toEqual({ kind: 'restoreFailed', step: 'creatingModel', status: 503 });
    expect(error.message).toMatch(/\. Everything made for it was taken back\.$/);
    expect(nocked.api.texts('unload_model')).toEqual(['{"model_id":"S:train:0","type":"unload_model"}']);
    expect(trainingActors()).toEqual([]);
    expectOnlyTheSession();
  });
});
