import { describe, expect, it } from '@jest/globals';
import { TrainingJournal } from '../../src/training/training-journal.js';
import { datum, rejection } from '../support/clients.js';
import { World } from '../support/journaled-service.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const chunked = { fwdbwd_max_chunk_len: 1 };
const three = [datum([1, 2]), datum([3, 4]), datum([5, 6])];

describe('the journal of a training client', () => {
  it('says what leaves before it leaves, and what becomes of it', async () => {
    const world = new World();
    const { training } = await world.training();
    let known: readonly string[] = [];
    world.server.next('forward_backward', (request) => {
      known = world.facts();
      return world.server.accept(request, { loss_fn_output_type: 'x', loss_fn_outputs: [], metrics: {} });
    });
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(known).toEqual(['forwardBackward 1']);
    await training.optimStep();
    await training.saveState('a', { ttlSeconds: 60 });
    await settle();
    expect(world.facts()).toEqual([
      'forwardBackward 1', 'accepted 1', 'done 1', 'optimStep 2', 'accepted 2', 'done 2',
      'saveState 3', 'accepted 3', 'checkpoint tinker://S:train:0/weights/a 1', 'done 3',
    ]);
    expect(world.records()).toContainEqual(expect.objectContaining({ type: 'checkpoint', expiresAt: 60_000, optimizer: true }));
  });

  it('holds neither data nor credentials', async () => {
    const world = new World();
    const { training } = await world.training();
    await training.loadState('tinker://other/weights/b', { weightsAccessToken: 'tml-other-secret' });
    await training.forwardBackward([datum([77_001, 77_002])], 'cross_entropy');
    const text = world.files.text(training.journal ?? '');
    expect(text).toMatch(/"kind":"loadState"/);
    expect(text).not.toMatch(/tml-|77001|77002|weights_access_token/);
  });

  it('has nothing left to write as long as it has no file', async () => {
    expect(await new TrainingJournal(() => undefined).isWritten()).toBe(true);
  });

  it('sends nothing that it cannot write down, and gives the number to the next', async () => {
    const world = new World();
    const { training, process, unobserved } = await world.training();
    await training.optimStep();
    process.failing.set('append', 'ENOSPC');
    expect(await rejection(training.forward([datum()], 'cross_entropy'))).toMatchObject({
      kind: 'journal',
      retriable: true,
      message: expect.stringMatching(/^forward-\d+ \(seq_id 2\): the journal .* cannot be written: ENOSPC/),
    });
    expect(world.server.to('forward')).toEqual([]);
    process.failing.clear();
    await training.forward([datum()], 'cross_entropy');
    expect(world.server.to('forward').map(({ body }) => body['seq_id'])).toEqual([2]);
    expect(unobserved).toEqual([]);
  });

  it('frees all numbers of a pass of which nothing could be written down', async () => {
    const world = new World({ ...chunked, parallel_fwdbwd_chunks: true });
    const { training, process } = await world.training();
    process.failing.set('sync', 'EIO');
    expect(await rejection(training.forwardBackward(three, 'cross_entropy'))).toMatchObject({ kind: 'journal' });
    process.failing.clear();
    await training.forwardBackward(three, 'cross_entropy');
    expect(world.server.executed.slice(-3).map(({ seqId }) => seqId)).toEqual([2, 3, 1]);
  });

  it('is wedged when only some of a pass could be written down, and goes on when it is retried', async () => {
    const world = new World(chunked);
    const { training, process } = await world.training();
    world.server.next('forward_backward', (request) => {
      process.failing.set('append', 'ENOSPC');
      return world.server.accept(request, { loss_fn_output_type: 'x', loss_fn_outputs: [], metrics: {} });
    });
    const pass = training.forwardBackward(three, 'cross_entropy');
    expect(await rejection(pass)).toMatchObject({ kind: 'wedged', cause: { kind: 'journal' } });
    process.failing.clear();
    training.retry();
    await training.optimStep();
    expect(world.server.executed.slice(-4).map(({ seqId }) => seqId)).toEqual([2, 3, 1, 4]);
  });

  it('tells once that it cannot say what became of something, and loses no result', async () => {
    const world = new World();
    const { training, process, unobserved } = await world.training();
    const answer = held();
    world.server.next('optim_step', answer.handler);
    const step = training.optimStep();
    await settle();
    process.failing.set('append', 'ENOSPC');
    const [request] = world.server.to('optim_step');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(world.server.accept(request, { metrics: {} }));
    await step;
    await settle();
    expect(unobserved).toMatchObject([{ kind: 'journal' }]);
    process.failing.clear();
    await training.forward([datum()], 'cross_entropy');
    // What happened meanwhile is in it again.
    expect(world.facts()).toEqual(['forward 2', 'accepted 2']);
  });

  it('writes down a pass anew that goes out in another form', async () => {
    const world = new World();
    const { training } = await world.training({ encoding: 'auto' });
    world.server.next('forward_backward', () => json({ detail: 'not JSON' }, 415));
    await training.forwardBackward([datum()], 'cross_entropy');
    const intents = world.records().flatMap((record) => (record.type === 'intent' ? [record] : []));
    expect(intents.map(({ seqId }) => seqId)).toEqual([1, 1]);
    expect(new Set(intents.map(({ digest }) => digest)).size).toBe(2);
    expect(new Set(intents.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('writes down a request once that is sent several times', async () => {
    const world = new World();
    const { training, environment } = await world.training();
    world.server.times(2, 'optim_step', () => json({}, 503));
    await advanceUntil(environment, training.optimStep());
    await settle();
    expect(world.facts()).toEqual(['optimStep 1', 'accepted 1', 'done 1']);
  });

  it('says what was refused, failed, given up and cancelled', async () => {
    const world = new World();
    const { training, environment } = await world.training({ requestDeadlineMs: 1 });
    world.server.next('optim_step', () => json({ detail: 'no' }, 400));
    await rejection(training.optimStep());
    world.server.next('retrieve_future', () => json({ error: 'bad', category: 'user' }));
    await rejection(training.optimStep());
    world.server.times(9, 'optim_step', () => broken());
    await advanceUntil(environment, rejection(training.optimStep()));
    training.skip();
    const cancelled = training.forward([datum()], 'cross_entropy');
    cancelled.cancel();
    await rejection(cancelled);
    await settle();
    expect(world.facts().filter((fact) => !fact.startsWith('accepted'))).toEqual([
      'optimStep 1', 'refused 1', 'optimStep 2', 'failed 2', 'optimStep 3', 'skipped 3', 'forward 4',
    ]);
  });

  it('lets those go whose result never comes', async () => {
    const world = new World();
    const { training } = await world.training();
    world.server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    expect(await rejection(training.forwardBackward([datum()], 'cross_entropy'))).toMatchObject({ kind: 'promiseExpired' });
    await settle();
    expect(world.facts()).toEqual(['forwardBackward 1', 'accepted 1']);
  });

  it('is over when its model is unloaded, and free when its client is closed', async () => {
    const world = new World();
    const { training } = await world.training();
    await training.unload();
    expect(world.facts()).toEqual(['ended']);
    expect(world.files.locks.size).toBe(0);
  });

  it('is not kept unless it is asked for', async () => {
    const world = new World();
    const { training } = await world.training({ journal: undefined });
    await training.optimStep();
    expect(training.journal).toBeUndefined();
    expect(world.files.files.size).toBe(0);
  });
});
