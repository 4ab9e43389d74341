import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Operation, type TrainingClient } from '../src/index.js';
import { atRest, leftovers } from './support/leftovers.js';
import { nockedClient, tinkerErrorOf, type NockedClient } from './support/nocked-client.js';

const prefix = 'tinker://S:train:0/weights/';

let nocked: NockedClient;
let training: TrainingClient;
beforeEach(async () => {
  // Three attempts: at once, after 0.5 s and after 1 s.
  nocked = nockedClient({ requestDeadlineMs: 1000 });
  training = await nocked.createTraining();
});
afterEach(async () => {
  await nocked.close();
});

describe('save_state/3', () => {
  it('returns Task that yields SaveWeightsResponse', async () => {
    nocked.api.accept('save_weights', { path: `${prefix}checkpoint-001`, type: 'save_weights' });
    const task = training.saveState('checkpoint-001');
    expect(task).toBeInstanceOf(Operation);
    const saved = await nocked.time.until(task);
    expect(saved).toEqual({ path: `${prefix}checkpoint-001`, seqId: 1, optimStepsBefore: 0 });
    expect(await task).toBe(saved);
    expect({ status: task.status, seqId: task.seqId, requestId: task.requestId }).toEqual({ status: 'done', seqId: 1, requestId: 'receipt-2' });
    expect(training.getSnapshot().lastCheckpoint).toEqual(saved);
    expect(nocked.api.to('save_weights')).toHaveLength(1);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('sends correct request to weights API', async () => {
    nocked.api.accept('save_weights', { path: `${prefix}checkpoint-001` });
    await nocked.time.until(training.saveState('checkpoint-001', { ttlSeconds: 3600, overwrite: true }));
    const [request] = nocked.api.to('save_weights');
    expect(request).toEqual({
      method: 'POST',
      path: '/api/v1/save_weights',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        host: 'tinker.test',
        'user-agent': expect.stringMatching(/^tinkerjs\//) as unknown,
        'x-api-key': 'tml-nock-key',
        'x-idempotency-key': expect.stringMatching(/^tinkerjs-./) as unknown,
        'x-stainless-arch': expect.any(String),
        'x-stainless-async': 'async:node',
        'x-stainless-os': expect.any(String),
        'x-stainless-package-version': '0.25.0',
        'x-stainless-read-timeout': '60',
        'x-stainless-retry-count': '0',
        'x-stainless-runtime': 'node',
        'x-stainless-runtime-version': process.version,
      },
      text: expect.any(String) as unknown,
    });
    expect(JSON.parse(request?.text ?? '')).toEqual({
      model_id: 'S:train:0',
      path: 'checkpoint-001',
      seq_id: 1,
      ttl_seconds: 3600,
      overwrite: true,
      type: 'save_weights',
    });
    const poll = nocked.api.to('retrieve_future').at(-1);
    expect(poll?.text).toBe('{"request_id":"receipt-2","allow_metadata_only":true}');
    expect(poll?.headers).toMatchObject({ 'x-tinker-request-type': 'SaveWeights', 'x-tinker-request-iteration': '0' });
  });

  it('increments request counter', async () => {
    for (const name of ['a', 'b', 'c']) nocked.api.accept('save_weights', { path: `${prefix}${name}` });
    const saves = [training.saveState('a'), training.saveState('b'), training.saveState('c')];
    const saved = await nocked.time.until(Promise.all(saves));
    expect(saved).toEqual(['a', 'b', 'c'].map((name, index) => ({ path: `${prefix}${name}`, seqId: index + 1, optimStepsBefore: 0 })));
    expect(nocked.api.texts('save_weights')).toEqual(
      ['a', 'b', 'c'].map((name, index) =>
        `{"model_id":"S:train:0","path":"${name}","seq_id":${index + 1},"overwrite":false,"type":"save_weights"}`),
    );
    expect(training.getSnapshot().nextSeqId).toBe(4);
  });

  it('uses no number for a name that no server takes', async () => {
    nocked.api.accept('save_weights', { path: `${prefix}good` });
    const bad = training.saveState('not/a/name');
    const good = training.saveState('good');
    const { kind, field, operationId, message } = await tinkerErrorOf(bad);
    expect({ kind, field, operationId }).toEqual({ kind: 'validation', field: 'name', operationId: bad.id });
    expect(message).toContain('got "not/a/name", expected 1 to 255 letters');
    expect(await nocked.time.until(good)).toEqual({ path: `${prefix}good`, seqId: 1, optimStepsBefore: 0 });
  });

  it('handles API errors', async () => {
    nocked.api
      .answer('save_weights', { detail: 'the name is reserved' }, { status: 400 })
      .accept('save_weights', { error: 'the disk is full', category: 'server' })
      .accept('save_weights', { path: `${prefix}c` });
    const [refused, failed, saved] = [training.saveState('a'), training.saveState('b'), training.saveState('c')];
    // Listened to from the start: a rejection that nobody awaits is reported.
    const failure = tinkerErrorOf(failed);

    expect((await nocked.time.until(tinkerErrorOf(refused))).toJSON()).toEqual({
      kind: 'http',
      message: `${refused.id} (seq_id 1): /api/v1/save_weights: the server answered 400: the name is reserved`,
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
      message: `${failed.id} (seq_id 2): the disk is full`,
      category: 'server',
      retriable: false,
      operationId: failed.id,
      seqId: 2,
      requestId: 'receipt-2',
    });
    // Neither stops the queue, and a refused number is spent.
    expect(await nocked.time.until(saved)).toEqual({ path: `${prefix}c`, seqId: 3, optimStepsBefore: 0 });
    expect(training.getSnapshot().counters).toEqual({ accepted: 2, done: 1, failed: 2, cancelled: 0 });
    expect(leftovers(training)).toEqual(atRest);
  });

  it('is wedged by errors that may hide an acceptance; retry sends the same request again', async () => {
    nocked.api.answer('save_weights', { detail: 'overloaded' }, { status: 503, times: 3 });
    const save = training.saveState('a');
    const next = training.saveState('b');
    const { kind, status, seqId, operationId, attempts, elapsedMs } = await nocked.time.until(tinkerErrorOf(save));
    expect({ kind, status, seqId, operationId, attempts, elapsedMs }).toEqual({
      kind: 'wedged', status: 503, seqId: 1, operationId: save.id, attempts: 3, elapsedMs: 1000,
    });
    expect(training.getSnapshot()).toMatchObject({
      state: 'wedged', sending: { id: save.id, kind: 'saveState', seqIds: [1] }, queue: [{ id: next.id }], inFlight: [],
    });
    expect({ timers: nocked.time.timers, open: nocked.time.open }).toEqual({ timers: 1, open: 0 });

    nocked.api.accept('save_weights', { path: `${prefix}a` }).accept('save_weights', { path: `${prefix}b` });
    training.retry();
    expect(await nocked.time.until(Promise.all([save, next]))).toEqual([
      { path: `${prefix}a`, seqId: 1, optimStepsBefore: 0 },
      { path: `${prefix}b`, seqId: 2, optimStepsBefore: 0 },
    ]);
    const attemptsOfFirst = nocked.api.to('save_weights').slice(0, 4);
    expect(new Set(attemptsOfFirst.map(({ text }) => text)).size).toBe(1);
    expect(new Set(attemptsOfFirst.map(({ headers }) => headers['x-idempotency-key'])).size).toBe(1);
    expect(attemptsOfFirst.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1', '2', '0']);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('is wedged by errors that may hide an acceptance; skip goes on with the next', async () => {
    nocked.api.answer('save_weights', 'Bad gateway', { status: 502, times: 3 }).accept('save_weights', { path: `${prefix}b` });
    const save = training.saveState('a');
    const next = training.saveState('b');
    expect((await nocked.time.until(tinkerErrorOf(save))).kind).toBe('wedged');
    training.skip();
    expect(await nocked.time.until(next)).toEqual({ path: `${prefix}b`, seqId: 2, optimStepsBefore: 0 });
    expect((await tinkerErrorOf(save)).kind).toBe('wedged');
    expect(leftovers(training)).toEqual(atRest);
  });
});

describe('wire format', () => {
  it('sends correct JSON to server', async () => {
    nocked.api.accept('save_weights', { path: `${prefix}checkpoint-001` });
    await nocked.time.until(training.saveState('checkpoint-001'));
    expect(nocked.api.texts('save_weights')).toEqual([
      '{"model_id":"S:train:0","path":"checkpoint-001","seq_id":1,"overwrite":false,"type":"save_weights"}',
    ]);
  });
});
