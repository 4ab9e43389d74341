import { describe, expect, it } from '@jest/globals';
import { World } from '../support/journaled-service.js';
import { openTraining } from '../support/open-training.js';
import { held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { deleted, listening, takeSteps } from '../support/stepping.js';

const names = (checkpoints: readonly { readonly name: string }[]) => checkpoints.map(({ name }) => name);
const place = (name: string) => `training_runs/S:train:0/checkpoints/weights/${name}`;

describe('rotation', () => {
  it('deletes the oldest of its own only once a newer one is confirmed', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    const schedule = training.checkpoints({ everySteps: 1, keepLast: 2, ...told.callbacks });
    await advanceUntil(environment, training.saveState('mine'));
    await takeSteps(scripted, 2);
    await advanceUntil(environment, schedule.flush());
    // The third is accepted, and its result is still to come.
    const result = held();
    server.times(2, 'retrieve_future', ({ body }) => json(body['request_id'] === undefined ? {} : passed));
    server.next('retrieve_future', result.handler);
    await takeSteps(scripted, 1);
    await settle();
    expect([deleted(scripted), names(schedule.saved)]).toEqual([[], ['step-000001', 'step-000002']]);

    result.release(json({ path: 'tinker://S:train:0/weights/step-000003' }));
    await advanceUntil(environment, schedule.flush());
    expect([deleted(scripted), names(schedule.saved)]).toEqual([['step-000001'], ['step-000002', 'step-000003']]);
    expect(told.removed).toEqual(['step-000001']);
  });

  it('keeps the first at or after each multiple of keepEvery for good, and sends it no time to live', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const schedule = training.checkpoints({ everySteps: 2, keepLast: 1, keepEvery: 3, ttlSeconds: 600 });
    await takeSteps(scripted, 8);
    await advanceUntil(environment, schedule.flush());
    expect(schedule.saved.map(({ name, isPermanent, expiresAt }) => ({ name, isPermanent, expires: expiresAt !== undefined }))).toEqual([
      { name: 'step-000004', isPermanent: true, expires: false },
      { name: 'step-000006', isPermanent: true, expires: false },
      { name: 'step-000008', isPermanent: false, expires: true },
    ]);
    expect(deleted(scripted)).toEqual(['step-000002']);
    expect(server.to('save_weights').map(({ body }) => body['ttl_seconds'])).toEqual([600, undefined, undefined, 600]);
  });

  it('keeps another for good when the one that should be has failed', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    const schedule = training.checkpoints({ everySteps: 2, keepLast: 1, keepEvery: 4, ...told.callbacks });
    await takeSteps(scripted, 3);
    server.next('save_weights', () => json({ detail: 'no' }, 400));
    await takeSteps(scripted, 1);
    environment.clock.increment(600_000);
    await takeSteps(scripted, 4);
    await advanceUntil(environment, schedule.flush());
    expect(told.failed.map(({ name }) => name)).toEqual(['step-000004']);
    expect(schedule.saved.map(({ name, isPermanent }) => [name, isPermanent])).toEqual([['step-000005', true], ['step-000006', false], ['step-000008', true]]);
  });

  it('tells what could not be deleted, goes on training, and tries again with the next', async () => {
    const scripted = await openTraining({ requestDeadlineMs: 1000 });
    const { training, environment, server } = scripted;
    const told = listening();
    const refuse = () => json({ detail: 'not now' }, 403);
    server.times(2, place('step-000001'), refuse).next(place('step-000001'), () => new Response(null, { status: 204 }));
    server.times(9, place('step-000002'), () => new Response(null, { status: 204 }));
    const schedule = training.checkpoints({ everySteps: 1, keepLast: 1, ...told.callbacks });
    await takeSteps(scripted, 2);
    await advanceUntil(environment, schedule.flush());
    expect(told.failed.map(({ action, name, error, retryInMs }) => ({ action, name, status: error.status, retryInMs }))).toEqual(
      // Once when it was to go, once more for the flush.
      Array(2).fill({ action: 'delete', name: 'step-000001', status: 403, retryInMs: undefined }),
    );
    expect([names(schedule.saved), told.removed]).toEqual([['step-000002'], []]);
    await takeSteps(scripted, 1);
    await advanceUntil(environment, schedule.flush());
    expect([names(schedule.saved), told.removed]).toEqual([['step-000003'], ['step-000001', 'step-000002']]);
  });

  it('deletes nothing until the journal knows of the newer one', async () => {
    const world = new World();
    const { server } = world;
    const made = await world.training();
    const { training, environment, process } = made;
    const schedule = training.checkpoints({ everySteps: 1, keepLast: 1 });
    await takeSteps({ ...made, server }, 1);
    await advanceUntil(environment, schedule.flush());
    server.times(2, 'retrieve_future', ({ body }) => json(body['request_id'] === undefined ? {} : passed));
    server.next('retrieve_future', () => {
      process.failing.set('append', 'ENOSPC');
      return json({ path: 'tinker://S:train:0/weights/step-000002' });
    });
    await takeSteps({ ...made, server }, 1);
    await advanceUntil(environment, schedule.flush());
    const known = () => world.facts().filter((fact) => fact.startsWith('checkpoint'));
    expect([names(schedule.saved), deleted({ server }), known()]).toEqual([['step-000002'], [], ['checkpoint tinker://S:train:0/weights/step-000001 1']]);

    process.failing.clear();
    await takeSteps({ ...made, server }, 1);
    await advanceUntil(environment, schedule.flush());
    expect(deleted({ server })).toEqual(['step-000001', 'step-000002']);
    expect(known()).toHaveLength(3);
  });

  it('says nothing of a deletion that ends with the service', async () => {
    const scripted = await openTraining();
    const { training, environment, server, service } = scripted;
    const told = listening();
    server.next(place('step-000001'), held().handler);
    const schedule = training.checkpoints({ everySteps: 1, keepLast: 1, ...told.callbacks });
    await takeSteps(scripted, 2);
    await settle();
    expect(deleted(scripted)).toEqual(['step-000001']);
    await service.close();
    await advanceUntil(environment, schedule.flush());
    expect([told.failed, told.removed]).toEqual([[], []]);
  });
});

const passed = { loss_fn_output_type: 'ArrayRecord', loss_fn_outputs: [{ logprobs: { data: [-0.5], dtype: 'float32', shape: [1] } }], metrics: {} };
