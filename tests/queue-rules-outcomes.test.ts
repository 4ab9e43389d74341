import { describe, expect, it } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { TinkerError } from '../src/index.js';
import { datum, rejection } from './support/clients.js';
import { openTraining } from './support/open-training.js';
import { broken, held, json } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';

describe('rule 6: polls run free', () => {
  it('asks for many results at once', async () => {
    const { server, training } = await openTraining();
    const answers = Array.from({ length: 20 }, held);
    for (const { handler } of answers) server.next('retrieve_future', handler);
    const steps = Array.from({ length: 20 }, () => training.optimStep());
    await settle(60);
    expect(server.to('retrieve_future')).toHaveLength(21);
    expect(training.getSnapshot().inFlight.map(({ seqIds }) => seqIds[0])).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    answers.reverse().forEach(({ release }) => release(json({ metrics: {} })));
    await Promise.all(steps);
  });

  it('holds a large result back until there is room for it', async () => {
    const { server, training } = await openTraining({}, { inflight_response_bytes_semaphore_size: 10 });
    const download = held();
    const announced = () => json({ status: 'complete_metadata', response_payload_size: 100 });
    server.next('retrieve_future', announced).next('retrieve_future', download.handler).next('retrieve_future', announced);
    const first = training.forward([datum()], 'cross_entropy');
    await settle();
    const second = training.forward([datum()], 'cross_entropy');
    await settle();
    const flags = () => server.to('retrieve_future').slice(1).map(({ body }) => body['allow_metadata_only']);
    expect(flags()).toEqual([true, false, true]);
    download.release(json({ loss_fn_outputs: [] }));
    await Promise.all([first, second]);
    expect(flags()).toEqual([true, false, true, false]);
  });
});

describe('rule 7: a definite refusal', () => {
  it.each([400, 401, 403, 404, 409, 413, 422])('fails that operation with status %i; its number is spent and the next goes on', async (status) => {
    const { server, training } = await openTraining();
    server.next('optim_step', () => json({ detail: 'no' }, status));
    const refused = training.optimStep();
    const next = training.optimStep();
    expect(await rejection(refused)).toMatchObject({ kind: 'http', status, seqId: 1, operationId: refused.id, attempts: 1 });
    await next;
    expect(next.seqId).toBe(2);
    expect(server.to('optim_step')).toHaveLength(2);
  });
});

describe('rule 8: an ambiguous end', () => {
  it('wedges the client: nothing later is sent until retry(), which sends the same bytes', async () => {
    const { server, environment, training } = await openTraining({ requestDeadlineMs: 2_000 });
    server.times(4, 'optim_step', () => broken());
    const step = training.optimStep({ learningRate: 0.25 });
    const save = training.saveState('a');
    const error = await advanceUntil(environment, rejection(step));
    expect(error).toBeInstanceOf(TinkerError);
    expect(error).toMatchObject({ kind: 'wedged', operationId: step.id, seqId: 1 });
    expect(String(error)).toMatch(/may or may not have taken it.*retry\(\).*skip\(\)/);
    environment.clock.increment(3_600_000);
    await settle();
    expect(server.to('save_weights')).toHaveLength(0);
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', queue: [{ id: save.id, kind: 'saveState' }] });

    const attempts = server.to('optim_step').length;
    training.retry();
    await expect(advanceUntil(environment, step)).resolves.toEqual({ metrics: { step: 1 } });
    await save;
    const sent = server.to('optim_step');
    expect(sent).toHaveLength(attempts + 1);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
  });

  it('goes on with the next number after skip()', async () => {
    const { server, environment, training } = await openTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => json('oops', 500));
    const step = training.optimStep();
    expect(await advanceUntil(environment, rejection(step))).toMatchObject({ kind: 'wedged', status: 500 });
    const next = training.optimStep();
    training.skip();
    await next;
    expect(next.seqId).toBe(2);
    expect(await rejection(step)).toMatchObject({ kind: 'wedged' });
  });

  it('lets only a wedged client be retried or skipped', async () => {
    const { training } = await openTraining();
    expect(() => training.retry()).toThrow('retry: the client is idle; only a wedged client is decided on');
    expect(() => training.skip()).toThrow('skip: the client is idle');
  });
});

describe('rule 9: cancelling', () => {
  it('removes a queued operation without a number', async () => {
    const { server, training } = await openTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    const first = training.optimStep();
    const queued = training.saveState('never');
    await settle();
    queued.cancel();
    expect(await rejection(queued)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('before it was sent') });
    expect(queued.status).toBe('cancelled');
    answer.release(json({ request_id: 'x' }));
    await rejection(first);
    await training.optimStep();
    expect(server.to('save_weights')).toHaveLength(0);
    expect(training.getSnapshot().nextSeqId).toBe(3);
  });

  it('stops waiting for a dispatched one, and lets the server go on', async () => {
    const { server, training } = await openTraining();
    server.next('retrieve_future', held().handler);
    const step = training.optimStep();
    await settle();
    expect(step.status).toBe('polling');
    step.cancel();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('the server goes on with it') });
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
    expect(training.getSnapshot().inFlight).toEqual([]);
  });
});

describe('rule 10: saves are ordered operations', () => {
  it('holds the weights as of the call: a following optimStep is sent after the save was accepted', async () => {
    const { server, training } = await openTraining();
    await training.optimStep();
    const answer = held();
    server.next('save_weights', answer.handler);
    const save = training.saveState('one-step');
    const step = training.optimStep();
    await settle();
    expect(server.to('optim_step')).toHaveLength(1);
    const [request] = server.to('save_weights');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, { path: 'tinker://S:train:0/weights/one-step' }));
    await expect(save).resolves.toEqual({ path: 'tinker://S:train:0/weights/one-step', seqId: 2, optimStepsBefore: 1 });
    await step;
    expect(training.getSnapshot().lastCheckpoint).toEqual({ path: 'tinker://S:train:0/weights/one-step', seqId: 2, optimStepsBefore: 1 });
  });
});

describe('rule 11: loads', () => {
  it('are one event to one transition, with the optimizer flag always sent', async () => {
    const events: unknown[] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event' && event.event.type === 'load.requested') events.push(event.event);
    };
    const { server, training } = await openTraining({ inspect });
    const plain = training.loadState('tinker://run/weights/x');
    const full = training.loadStateWithOptimizer('tinker://run/weights/x');
    await Promise.all([plain, full]);
    const entry = { kind: 'loadState', bytes: 200, parts: 1, together: true, secondPass: false };
    expect(events).toEqual([
      { type: 'load.requested', optimizer: false, entry: { ...entry, id: plain.id } },
      { type: 'load.requested', optimizer: true, entry: { ...entry, id: full.id } },
    ]);
    expect(server.to('load_weights').map(({ body }) => body['optimizer'])).toEqual([false, true]);
  });
});

describe('rule 12: stopping', () => {
  it('aborts polls, rejects what is open with cancelled, and leaves nothing', async () => {
    const { server, service, environment, training } = await openTraining();
    let aborted = false;
    server.next('retrieve_future', (_, signal) => {
      signal?.addEventListener('abort', () => {
        aborted = true;
      });
      return held().handler();
    });
    const polled = training.optimStep();
    await settle();
    server.next('optim_step', held().handler);
    const unfinished = [polled, training.optimStep(), training.saveState('queued')];
    await settle();
    training.close();
    for (const operation of unfinished) expect(await rejection(operation)).toMatchObject({ kind: 'cancelled' });
    expect(aborted).toBe(true);
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([]);
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual(['session']);
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'cancelled' });
    const before = server.requests.length;
    await service.close();
    environment.clock.increment(86_400_000);
    await settle();
    expect(server.requests).toHaveLength(before);
  });

  it('unloads the model when asked', async () => {
    const { server, training } = await openTraining();
    await training.unload();
    expect(server.to('unload_model').map(({ body }) => body)).toEqual([{ model_id: 'S:train:0', type: 'unload_model' }]);
  });
});
