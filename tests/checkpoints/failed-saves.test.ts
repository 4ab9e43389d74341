import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { CountingClock } from '../support/counting-clock.js';
import { atRest, leftovers } from '../support/leftovers.js';
import { openTraining } from '../support/open-training.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil, settle, simulatedEnvironment, type SimulatedEnvironment } from '../support/simulated.js';
import { executed, listening, takeSteps } from '../support/stepping.js';

describe('a save that fails', () => {
  it('is told with the pause before the next, which is made at the first step after it', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    server.times(2, 'save_weights', () => json({ detail: 'the disk is full' }, 400));
    const schedule = training.checkpoints({ everySteps: 1, ...told.callbacks });
    await takeSteps(scripted, 3);
    environment.clock.increment(5_000);
    await takeSteps(scripted, 2);
    environment.clock.increment(9_000);
    await takeSteps(scripted, 1);
    environment.clock.increment(1_000);
    await takeSteps(scripted, 2);
    await advanceUntil(environment, schedule.flush());
    expect(told.failed.map(({ action, name, error, retryInMs }) => ({ action, name, kind: error.kind, retryInMs }))).toEqual([
      { action: 'save', name: 'step-000001', kind: 'http', retryInMs: 5_000 },
      { action: 'save', name: 'step-000004', kind: 'http', retryInMs: 10_000 },
    ]);
    expect(schedule.saved.map(({ name }) => name)).toEqual(['step-000007', 'step-000008']);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('goes to onError where nobody listens, and only there', async () => {
    const scripted = await openTraining();
    const { training, environment, server, unobserved } = scripted;
    server.next('save_weights', (request) => server.accept(request, { error: 'the disk is full', category: 'server' }));
    const schedule = training.checkpoints({ everySteps: 1 });
    await takeSteps(scripted, 1);
    await advanceUntil(environment, schedule.flush());
    await settle();
    expect(unobserved).toEqual([expect.objectContaining({ kind: 'requestFailed', category: 'server' })]);
  });

  it('counts as one failure together with others that were on their way', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    server.times(3, 'save_weights', () => json({ detail: 'no' }, 400));
    const schedule = training.checkpoints({ everySteps: 1, ...told.callbacks });
    for (let step = 0; step < 3; step += 1) training.optimStep().cancel();
    const steps = [training.optimStep(), training.optimStep()];
    await advanceUntil(environment, Promise.all(steps));
    await advanceUntil(environment, schedule.flush());
    expect(told.failed.length).toBeGreaterThan(1);
    expect(new Set(told.failed.map(({ retryInMs }) => retryInMs))).toEqual(new Set([5_000]));
  });

  it.each([
    ['a status', () => json({ detail: 'taken' }, 409)],
    ['words', () => json({ detail: 'Checkpoint a exists already. Choose another name.' }, 400)],
  ])('for the sake of a name that exists, said by %s, is made again under names with a number', async (_, answer) => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    server.next('save_weights', answer);
    const schedule = training.checkpoints({ everySteps: 1, ...told.callbacks });
    await takeSteps(scripted, 1);
    environment.clock.increment(5_000);
    await takeSteps(scripted, 2);
    await advanceUntil(environment, schedule.flush());
    expect(schedule.saved.map(({ name, step }) => ({ name, step }))).toEqual([
      { name: 'step-000002.2', step: 2 },
      { name: 'step-000003.2', step: 3 },
    ]);
    expect(server.to('save_weights').map(({ body }) => body['overwrite'])).toEqual([false, false, false]);
  });

  it('that was asked for rejects too', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    server.next('save_weights', (request) => server.accept(request, { path: 'elsewhere' }));
    const schedule = training.checkpoints({ everySteps: 9, ...told.callbacks });
    expect(await advanceUntil(environment, rejection(schedule.saveNow()))).toMatchObject({ kind: 'malformedResponse' });
    expect(told.failed.map(({ error }) => error.kind)).toEqual(['malformedResponse']);
    expect(await rejection(schedule.saveNow({ timeoutMs: -1 }))).toMatchObject({ kind: 'validation', field: 'timeoutMs' });
  });
});

describe('a client that is wedged on a save', () => {
  const wedging = async (environment?: SimulatedEnvironment) => {
    // Three attempts: at once, after 0.5 s and after 1 s.
    const opened = await openTraining({ requestDeadlineMs: 1000, ...(environment === undefined ? {} : { environment }) });
    const scripted = { ...opened, environment: environment ?? opened.environment };
    scripted.server.times(3, 'save_weights', () => json({}, 503));
    const told = listening();
    const schedule = scripted.training.checkpoints({ everySteps: 2, ...told.callbacks });
    await takeSteps(scripted, 1);
    const steps = [scripted.training.optimStep(), scripted.training.optimStep()];
    while (scripted.training.getSnapshot().state !== 'wedged') {
      scripted.environment.clock.increment(250);
      await settle();
    }
    return { ...scripted, told, schedule, steps };
  };

  it('is told, sends the same request again after a pause, and goes on', async () => {
    const scripted = await wedging();
    const { environment, server, told, schedule, steps, training } = scripted;
    expect(told.failed.map(({ name, error, retryInMs }) => ({ name, kind: error.kind, retryInMs }))).toEqual([
      { name: 'step-000002', kind: 'wedged', retryInMs: 5_000 },
    ]);
    await advanceUntil(environment, Promise.all(steps));
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step-000002', 'step']);
    expect(new Set(server.to('save_weights').map(({ text }) => text)).size).toBe(1);
    expect(schedule.saved.map(({ name }) => name)).toEqual(['step-000002']);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('waits longer each time', async () => {
    const { environment, server, told, schedule } = await wedging();
    server.times(3, 'save_weights', () => json({}, 503));
    await advanceUntil(environment, schedule.flush());
    expect(told.failed.map(({ retryInMs }) => retryInMs)).toEqual([5_000, 10_000]);
  });

  it('leaves the decision to its user where he is first: skipping goes on, and another save is made later', async () => {
    const scripted = await wedging();
    const { environment, training, steps, schedule, told } = scripted;
    training.skip();
    await advanceUntil(environment, Promise.all(steps));
    await advanceUntil(environment, schedule.flush());
    environment.clock.increment(5_000);
    await takeSteps(scripted, 1);
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step', 'step', 'step-000004']);
    expect(told.failed).toHaveLength(1);
  });

  it('decides nothing when the client is wedged on another operation by then', async () => {
    const { environment, training, server, steps, told } = await wedging();
    training.retry();
    server.times(9, 'optim_step', () => json({}, 503));
    const [, next] = steps;
    const error = await advanceUntil(environment, rejection(next ?? Promise.resolve()));
    expect(error).toMatchObject({ kind: 'wedged' });
    environment.clock.increment(10_000);
    await settle();
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', sending: { kind: 'optimStep' } });
    expect(told.saved.map(({ name }) => name)).toEqual(['step-000002']);
  });

  it('leaves nothing behind when it is closed', async () => {
    const clock = new CountingClock();
    const { training, environment, schedule, steps, server, service } = await wedging({ ...simulatedEnvironment(), clock, now: () => clock.now() });
    schedule.stop();
    training.close();
    await Promise.allSettled(steps);
    await schedule.flush();
    await service.close();
    expect(clock.pending).toBe(0);
    const sent = server.to('save_weights').length;
    environment.clock.increment(600_000);
    await settle();
    expect(server.to('save_weights')).toHaveLength(sent);
  });
});
