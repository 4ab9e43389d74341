import { describe, expect, it } from '@jest/globals';
import { toLine } from '../../src/journal/lines.js';
import { datum, rejection } from '../support/clients.js';
import { header } from '../support/journal.js';
import { World } from '../support/journaled-service.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);

/** A world in which a trainer was killed while an optimizer step was on its way. */
async function killedInStep(): Promise<World> {
  const world = new World();
  const { training, process } = await world.training();
  await training.forwardBackward([datum()], 'cross_entropy');
  world.server.next('optim_step', never);
  training.optimStep().then(() => undefined, () => undefined);
  await settle();
  process.die();
  return world;
}

/** A world in which a trainer was killed after it had saved two checkpoints and taken three steps. */
async function killedAfterSaves(): Promise<World> {
  const world = new World();
  const { training, process } = await world.training();
  for (const name of ['a', 'b']) {
    await training.optimStep();
    await training.saveState(name, { ttlSeconds: 3600 });
  }
  await training.optimStep();
  await settle();
  process.die();
  return world;
}

/** A world in which a trainer was killed when an optimizer step was done, and the pass before it not heard of yet. */
async function killedBeforeThePassWasHeardOf(): Promise<World> {
  const world = new World();
  const { training, process } = await world.training();
  world.server.next('retrieve_future', never);
  training.forwardBackward([datum()], 'cross_entropy').then(() => undefined, () => undefined);
  await training.optimStep();
  await settle();
  process.die();
  return world;
}

const gone = () => json({ detail: 'Model not found' }, 404);

describe('resumeTrainingClient', () => {
  it('sends a step again as it was, and goes on after it', async () => {
    const world = await killedInStep();
    const { service } = world.service();
    const resumed = await service.resumeTrainingClient();
    expect(resumed).toMatchObject({
      outcome: 'reattached', step: 1, stepsLost: 0, why: undefined, checkpoint: undefined, lost: [], pending: [], tornBytes: 0,
      settled: [{ kind: 'optimStep', seqId: 2, why: 'it is done' }],
      journal: world.files.journals[0],
    });
    const [first, second] = world.server.to('optim_step');
    expect(second?.text).toBe(first?.text);
    expect(second?.headers.get('x-idempotency-key')).toBe(first?.headers.get('x-idempotency-key'));
    await resumed.training.optimStep();
    expect(world.server.to('optim_step').at(-1)?.body['seq_id']).toBe(3);
    expect(resumed.training.getSnapshot().optimSteps).toBe(2);
    expect(world.server.to('create_session')).toHaveLength(1);
    expect(world.server.to('session_heartbeat').map(({ body }) => body['session_id'])).toEqual(['S']);
  });

  it('says of a step that has failed on the server that it is not done', async () => {
    const world = await killedInStep();
    world.server.next('retrieve_future', () => json({ error: 'no', category: 'user' }));
    expect(await world.service().service.resumeTrainingClient()).toMatchObject({
      outcome: 'reattached', step: 0,
      settled: [{ kind: 'optimStep', why: expect.stringMatching(/^it has failed: .*no/) }],
      pending: [{ kind: 'forwardBackward', seqId: 1 }],
    });
  });

  it('asks for a pass of which nobody had heard when its step was done', async () => {
    const world = await killedBeforeThePassWasHeardOf();
    const { service, process } = world.service();
    expect(await service.resumeTrainingClient()).toMatchObject({
      outcome: 'reattached', step: 1, pending: [], lost: [],
      settled: [{ kind: 'forwardBackward', seqId: 1, why: 'it is done' }],
    });
    process.die();
    expect((await world.service().service.resumeTrainingClient()).settled).toEqual([]);
  });

  it('says of a pass that has failed that its step was done without it', async () => {
    const world = await killedBeforeThePassWasHeardOf();
    world.server.next('retrieve_future', () => json({ error: 'no', category: 'user' }));
    const { settled } = await world.service().service.resumeTrainingClient();
    expect(settled).toMatchObject([{ kind: 'forwardBackward', seqId: 1, why: expect.stringMatching(/^it has failed, and the optimizer step after it is done without it: .*no/) }]);
  });

  it('does not go on with a step of which nobody knows whether it holds its pass', async () => {
    const world = await killedBeforeThePassWasHeardOf();
    world.server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    const message = expect.stringMatching(/what became of forwardBackward \(seq_id 1\) cannot be found out/);
    expect(await rejection(world.service().service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message });
  });

  it('takes a refusal for no answer to what became of an earlier try', async () => {
    const world = await killedInStep();
    world.server.times(2, 'optim_step', () => json({ detail: 'no' }, 400));
    const message = expect.stringMatching(/what became of optimStep \(seq_id 2\) cannot be found out: .*no checkpoint was saved, so there is nothing to go on with/);
    expect(await rejection(world.service().service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message });
    // It may be tried again, until somebody begins anew.
    const { service } = world.service();
    expect(await service.resumeTrainingClient(undefined, { orCreate: { baseModel: 'base' } })).toMatchObject({ outcome: 'created', why: message });
    expect(world.facts().at(-1)).toBe('ended');
    await service.close();
    expect((await world.service().service.resumeTrainingClient()).outcome).toBe('reattached');
  });

  it('restores a checkpoint when nobody knows what became of a step', async () => {
    const world = await killedAfterSaves();
    const other = world.service();
    const { training } = await other.service.resumeTrainingClient();
    const answer = held();
    world.server.next('retrieve_future', answer.handler);
    training.optimStep().then(() => undefined, () => undefined);
    await settle();
    other.process.die();
    world.server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    const resumed = await world.service().service.resumeTrainingClient();
    expect(resumed).toMatchObject({
      outcome: 'restored', step: 2, stepsLost: 1, checkpoint: { path: 'tinker://S:train:0/weights/b', step: 2 },
      why: expect.stringMatching(/^what became of optimStep \(seq_id 6\) cannot be found out/),
      lost: [{ kind: 'optimStep', seqId: 6, why: 'the server had taken it' }],
    });
    expect(world.server.to('load_weights').at(-1)?.body).toMatchObject({ path: 'tinker://S:train:0/weights/b', optimizer: true });
    // A model beside the old one, whose number nobody has had.
    expect(world.server.to('create_model').at(-1)?.body['model_seq_id']).toBeGreaterThan(1e9);
    expect(resumed.training.getSnapshot().optimSteps).toBe(2);
  });

  it('finds out what became of saves, and gives up those of which nobody knows', async () => {
    const world = new World();
    const { training, process } = await world.training();
    world.server.times(2, 'retrieve_future', never);
    training.saveState('a').then(() => undefined, () => undefined);
    training.saveState('b').then(() => undefined, () => undefined);
    training.forward([datum()], 'cross_entropy').then(() => undefined, () => undefined);
    await settle();
    process.die();
    world.server.next('retrieve_future', () => json({ detail: 'gone' }, 410)).next('retrieve_future', () => json({ path: 'tinker://S:train:0/weights/b' }));
    const resumed = await world.service().service.resumeTrainingClient();
    expect(resumed.settled.map(({ seqId, why }) => [seqId, why.slice(0, 13)])).toEqual(expect.arrayContaining([[1, 'it has failed'], [2, 'it is done']]));
    expect(world.records().filter(({ type }) => type === 'checkpoint')).toMatchObject([{ path: 'tinker://S:train:0/weights/b', step: 0, seqId: 2 }]);
  });

  it.each([{ path: 'somewhere' }, {}])('takes %j for no checkpoint', async (result) => {
    const world = new World();
    const { training, process } = await world.training();
    world.server.next('retrieve_future', never);
    training.saveState('a').then(() => undefined, () => undefined);
    await settle();
    process.die();
    world.server.next('retrieve_future', () => json(result));
    await world.service().service.resumeTrainingClient();
    expect(world.facts()).not.toContainEqual(expect.stringMatching(/^checkpoint/));
  });

  it('falls back to an older checkpoint where the newest is gone', async () => {
    const world = await killedAfterSaves();
    world.server.next('get_info', gone).next('weights_info', () => json({ detail: 'Checkpoint not found' }, 404));
    const { service } = world.service();
    const resumed = await service.resumeTrainingClient();
    expect(resumed).toMatchObject({ outcome: 'restored', step: 1, stepsLost: 2, checkpoint: { path: 'tinker://S:train:0/weights/a' }, why: expect.stringContaining('Model not found') });
    expect(world.facts()).toEqual(['checkpoint tinker://S:train:0/weights/a 1']);
    await resumed.training.optimStep();
    await settle();
    expect(world.facts()).toEqual(['checkpoint tinker://S:train:0/weights/a 1', 'optimStep 2', 'accepted 2', 'done 2']);
  });

  it('fails when no checkpoint can be loaded, and leaves the journal as it is', async () => {
    const world = await killedAfterSaves();
    const before = world.facts();
    world.server.next('session_heartbeat', gone).times(2, 'weights_info', () => json({ detail: 'Checkpoint not found' }, 404));
    expect(await rejection(world.service().service.resumeTrainingClient())).toMatchObject({ kind: 'restoreFailed', step: 'readingMetadata' });
    expect(world.facts()).toEqual(before.filter((fact) => fact.startsWith('checkpoint')));
    expect((await world.service().service.resumeTrainingClient()).outcome).toBe('reattached');
  });

  it('fails, rather than going back, when the server cannot be reached', async () => {
    const world = await killedAfterSaves();
    const { service, environment } = world.service({ requestDeadlineMs: 1 });
    world.server.times(9, 'get_info', () => broken());
    expect(await advanceUntil(environment, rejection(service.resumeTrainingClient()))).toMatchObject({ kind: 'connection' });
    const step = await killedInStep();
    const third = step.service({ requestDeadlineMs: 1 });
    step.server.times(9, 'optim_step', () => broken());
    expect(await advanceUntil(third.environment, rejection(third.service.resumeTrainingClient()))).toMatchObject({ kind: 'connection' });
    world.server.times(9, 'weights_info', () => json({}, 503));
    const other = world.service({ requestDeadlineMs: 1 });
    world.server.next('session_heartbeat', gone);
    expect(await advanceUntil(other.environment, rejection(other.service.resumeTrainingClient()))).toMatchObject({ kind: 'restoreFailed', status: 503 });
    expect(world.files.locks.size).toBe(0);
  });

  it('takes the new model back when the journal cannot say that it is there', async () => {
    const world = await killedAfterSaves();
    const { service, process } = world.service();
    world.server.next('get_info', gone).next('load_weights', (request) => {
      process.failing.set('open', 'ENOSPC');
      return world.server.accept(request, {});
    });
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: expect.stringContaining('ENOSPC') });
    expect(world.server.to('unload_model')).toHaveLength(1);
    process.failing.clear();
    expect((await world.service().service.resumeTrainingClient()).step).toBe(3);
  });

  it('restores when an operation of the step that was begun was given up', async () => {
    const world = new World();
    const { training, process, environment } = await world.training({ requestDeadlineMs: 1 });
    await training.saveState('a');
    world.server.times(9, 'forward_backward', () => broken());
    await advanceUntil(environment, rejection(training.forwardBackward([datum()], 'cross_entropy')));
    training.skip();
    await settle();
    process.die();
    expect(await world.service().service.resumeTrainingClient()).toMatchObject({
      outcome: 'restored', step: 0, why: 'it is not known whether, or how far, forwardBackward (seq_id 2) was executed',
    });
  });

  it('goes back to the checkpoint that a client began with, and counts from there', async () => {
    const world = new World();
    const { service, process } = world.service();
    const first = await service.createTrainingClientFromState('tinker://old/weights/step-000120', { userMetadata: { a: 1 } });
    await first.optimStep();
    await settle();
    process.die();
    world.server.next('get_info', gone);
    const { training, ...report } = await world.service().service.resumeTrainingClient();
    expect(report).toMatchObject({ outcome: 'restored', step: 0, stepsLost: 1, checkpoint: { path: 'tinker://old/weights/step-000120' } });
    expect(world.server.to('load_weights').at(-1)?.body).toMatchObject({ optimizer: false });
    expect(world.server.to('create_model').at(-1)?.body).toMatchObject({ user_metadata: { a: 1 } });
    expect(training.checkpoints({ everySteps: 1 }).firstStep).toBe(120);
  });

  it('is refused a journal that another client has', async () => {
    const world = new World();
    const { training } = await world.training();
    const message = expect.stringMatching(/^the journal \/j\/.* is in use by process 1: two cannot train the same model/);
    expect(await rejection(world.service().service.resumeTrainingClient(training.journal))).toMatchObject({ kind: 'journal', message });
  });

  it('tells of bytes that were cut off', async () => {
    const world = await killedAfterSaves();
    const [path = ''] = world.files.journals;
    world.files.files.set(path, Buffer.concat([world.files.files.get(path) ?? new Uint8Array(), Buffer.from('{"type":"int')]));
    expect(await world.service().service.resumeTrainingClient(path)).toMatchObject({ outcome: 'reattached', tornBytes: 12 });
    expect(world.files.text(path)).not.toContain('{"type":"int\n');
  });

  it('creates a client where there is nothing to go on with, and says why', async () => {
    const world = new World();
    const { service } = world.service();
    const why = expect.stringContaining('there is no journal in /j');
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: why });
    expect(await rejection(service.resumeTrainingClient('/j/none.journal'))).toMatchObject({ kind: 'journal', message: expect.stringContaining('/j/none.journal') });
    const { training, ...report } = await service.resumeTrainingClient(undefined, { orCreate: { baseModel: 'base' } });
    expect(report).toMatchObject({ outcome: 'created', step: 0, why, journal: world.files.journals[0] });
    expect(training.modelId).toBe('S:train:0');
  });

  it('does not choose among several journals', async () => {
    const world = new World();
    const { service } = world.service();
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await service.close();
    const message = expect.stringMatching(/^\/j holds several journals: \/j\/.*\(model S:train:0, optimizer step 0\), .*S:train:1.*Name one/);
    expect(await rejection(world.service().service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message });
    const [, second] = world.files.journals;
    expect((await world.service().service.resumeTrainingClient(second)).training.modelId).toBe('S:train:1');
  });

  it.each([
    ['newer', toLine({ ...header, version: 2 }), /version 2; this tinkerjs reads versions up to 1/],
    ['damaged', 'nonsense\n', /line 1 is damaged/],
  ])('refuses a journal that is %s', async (_, text, message) => {
    const world = new World();
    world.files.files.set('/j/a.journal', new TextEncoder().encode(text));
    for (const where of ['/j', '/j/a.journal']) {
      expect(await rejection(world.service().service.resumeTrainingClient(where))).toMatchObject({ kind: 'journal', message: expect.stringMatching(message) });
    }
    expect(world.files.locks.size).toBe(0);
  });

  it('refuses bad arguments, and a session of its own beside that of the journal', async () => {
    const world = await killedAfterSaves();
    expect(await rejection(world.service({ journal: undefined }).service.resumeTrainingClient())).toMatchObject({ kind: 'validation', field: 'where' });
    const { service } = world.service();
    expect(await rejection(service.resumeTrainingClient(''))).toMatchObject({ kind: 'validation', field: 'where' });
    expect(await rejection(service.resumeTrainingClient('/j', { orCreate: { baseModel: '' } }))).toMatchObject({ kind: 'validation', field: 'baseModel' });
    world.server.next('create_session', () => json({ session_id: 'another' }));
    await service.createSamplingClient({ baseModel: 'base' });
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'validation', field: 'journal', message: expect.stringContaining('has opened session another already') });
  });

  it('that is given up lets go of the journal', async () => {
    const world = await killedInStep();
    const { service } = world.service();
    const info = held();
    world.server.next('get_info', info.handler);
    const controller = new AbortController();
    const resumed = rejection(service.resumeTrainingClient(undefined, { signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await resumed).toMatchObject({ kind: 'cancelled' });
    info.release(json({ model_data: { base_model: 'base', model_name: 'base' }, model_id: 'S:train:0' }));
    await settle(30);
    expect(await world.service().service.resumeTrainingClient()).toMatchObject({ outcome: 'reattached', step: 1 });
  });
});
