import { describe, expect, it } from '@jest/globals';
import { datum, rejection } from '../support/clients.js';
import { atRest, leftovers } from '../support/leftovers.js';
import { openTraining } from '../support/open-training.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { deleted, executed, listening, takeSteps } from '../support/stepping.js';

describe('a schedule by steps', () => {
  it('saves right after the steps that make it due, though all is called at once and nothing awaited', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const schedule = training.checkpoints({ everySteps: 2 });
    const steps = Array.from({ length: 5 }, () => training.step([datum()], 'cross_entropy'));
    await advanceUntil(environment, Promise.all(steps));
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step-000002', 'step', 'step', 'step-000004', 'step']);
    expect(schedule.saved).toEqual([
      { path: 'tinker://S:train:0/weights/step-000002', name: 'step-000002', step: 2, seqId: 5, optimStepsBefore: 2, expiresAt: undefined, isPermanent: false },
      { path: 'tinker://S:train:0/weights/step-000004', name: 'step-000004', step: 4, seqId: 10, optimStepsBefore: 4, expiresAt: undefined, isPermanent: false },
    ]);
    expect(training.getSnapshot().lastCheckpoint?.path).toBe('tinker://S:train:0/weights/step-000004');
    expect(leftovers(training)).toEqual(atRest);
  });

  it('names the step that the weights hold when a step before was cancelled or refused', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    server.next('optim_step', () => json({ detail: 'no gradients' }, 400));
    const schedule = training.checkpoints({ everySteps: 3 });
    const steps = Array.from({ length: 6 }, () => training.optimStep());
    steps[1]?.cancel();
    await advanceUntil(environment, Promise.allSettled(steps));
    await advanceUntil(environment, schedule.flush());
    // Of the first three calls one was refused and one cancelled.
    expect(executed(scripted)).toEqual(['step', 'step-000001', 'step', 'step', 'step', 'step-000004']);
    expect(schedule.saved.map(({ step, optimStepsBefore }) => [step, optimStepsBefore])).toEqual([[1, 1], [4, 4]]);
  });

  it('counts the steps that were called before it began, sent or not', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    await takeSteps(scripted, 1);
    const early: PromiseLike<unknown>[] = [training.optimStep(), training.step([datum()], 'cross_entropy')];
    const schedule = training.checkpoints({ everySteps: 4 });
    early.push(training.optimStep());
    await advanceUntil(environment, Promise.all(early));
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step', 'step', 'step-000004']);
  });

  it('makes a save now when it is asked to, under names of its own', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const schedule = training.checkpoints({ everySteps: 100, name: 'run-a' });
    await takeSteps(scripted, 3);
    const first = await advanceUntil(environment, schedule.saveNow());
    const second = await advanceUntil(environment, schedule.saveNow());
    expect([first.name, second.name]).toEqual(['run-a-000003', 'run-a-000003.2']);
    expect(schedule.saved).toEqual([first, second]);
    expect([schedule.name, schedule.firstStep]).toEqual(['run-a', 0]);
  });

  it('stops: what was called is still saved, and nothing more', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const told = listening();
    const schedule = training.checkpoints({ everySteps: 1, ...told.callbacks });
    const step = training.optimStep();
    schedule.stop();
    const next = training.optimStep();
    await advanceUntil(environment, Promise.all([step, next, schedule.flush()]));
    expect(executed(scripted)).toEqual(['step', 'step-000001', 'step']);
    expect(told.saved.map(({ name }) => name)).toEqual(['step-000001']);
    expect(await rejection(schedule.saveNow())).toMatchObject({ kind: 'validation', message: expect.stringContaining('the schedule was stopped') as unknown });
  });

  it('ends with its block, once all is saved and rotated', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const train = async () => {
      await using schedule = training.checkpoints({ everySteps: 1, keepLast: 1 });
      training.optimStep();
      await training.optimStep();
      return schedule;
    };
    const schedule = await advanceUntil(environment, train());
    expect(schedule.saved.map(({ name }) => name)).toEqual(['step-000002']);
    expect(deleted(scripted)).toEqual(['step-000001']);
  });

  it('ends with its client', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const told = listening();
    const schedule = training.checkpoints({ everySteps: 1, ...told.callbacks });
    const step = training.optimStep();
    training.close();
    await Promise.allSettled([step]);
    await advanceUntil(environment, schedule.flush());
    await settle();
    expect(told.failed).toEqual([]);
    expect(await rejection(schedule.saveNow())).toMatchObject({ kind: 'validation' });
    expect(() => training.checkpoints({ everySteps: 1 })).toThrow('checkpoints: the client is closed; only an open client saves');
  });
});

describe('a schedule by minutes', () => {
  it('saves after the first step that is called when the time is over', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const schedule = training.checkpoints({ everyMinutes: 10 });
    await takeSteps(scripted, 2);
    environment.clock.increment(9 * 60_000);
    await takeSteps(scripted, 1);
    environment.clock.increment(60_000);
    await settle();
    expect(executed(scripted)).toEqual(['step', 'step', 'step']);
    await takeSteps(scripted, 2);
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step', 'step', 'step-000004', 'step']);
  });

  it('counts the time from any save of the schedule', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const schedule = training.checkpoints({ everySteps: 2, everyMinutes: 10 });
    environment.clock.increment(9 * 60_000);
    await takeSteps(scripted, 2);
    environment.clock.increment(9 * 60_000);
    await takeSteps(scripted, 1);
    await advanceUntil(environment, schedule.flush());
    expect(executed(scripted)).toEqual(['step', 'step', 'step-000002', 'step']);
  });
});
