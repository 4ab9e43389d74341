import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CheckpointOptions } from '../../src/checkpoints/checkpoint-options.js';
import { rejection } from '../support/clients.js';
import { openTraining } from '../support/open-training.js';
import { advanceUntil } from '../support/simulated.js';
import { executed, takeSteps } from '../support/stepping.js';
import { untyped } from '../support/untyped.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the options of a schedule', () => {
  it.each<[string, string, string]>([
    ['{}', 'everySteps', 'everySteps: got neither everySteps nor everyMinutes, expected at least one of them'],
    ['{"everySteps":0}', 'everySteps', 'everySteps: got 0, expected a whole number, 1 or more'],
    ['{"everySteps":2.5}', 'everySteps', 'everySteps: got 2.5, expected a whole number, 1 or more'],
    ['{"everySteps":"2"}', 'everySteps', 'everySteps: got "2", expected a whole number, 1 or more'],
    ['{"everyMinutes":0}', 'everyMinutes', 'everyMinutes: got 0, expected a number of minutes above 0, at most 525600'],
    ['{"everyMinutes":525601}', 'everyMinutes', 'everyMinutes: got 525601, expected a number of minutes above 0'],
    ['{"everyMinutes":"5"}', 'everyMinutes', 'everyMinutes: got "5", expected a number of minutes above 0'],
    ['{"everySteps":1,"keepLast":0}', 'keepLast', 'keepLast: got 0, expected a whole number, 1 or more'],
    ['{"everySteps":1,"keepEvery":-1}', 'keepEvery', 'keepEvery: got -1, expected a whole number, 1 or more'],
    ['{"everySteps":1,"ttlSeconds":0}', 'ttlSeconds', 'ttlSeconds: got 0, expected a whole number of seconds'],
    ['{"everySteps":1,"firstStep":-1}', 'firstStep', 'firstStep: got -1, expected a whole number, 0 or more'],
    ['{"everySteps":1,"name":"a/b"}', 'name', 'name: got "a/b", expected 1 to 255 letters'],
    ['{"everySteps":1,"onSaved":1}', 'onSaved', 'onSaved: got 1, expected a function'],
    ['{"everyStep":1}', 'options.everyStep', 'options.everyStep: there is no such option; the options are everySteps, everyMinutes'],
    ['null', 'options', 'options: got null, expected an object'],
  ])('are refused where they are %s', async (options, field, message) => {
    const { training, server } = await openTraining();
    const before = server.requests.length;
    const make = () => training.checkpoints(untyped<CheckpointOptions>(options));
    expect(make).toThrow(message);
    expect(await rejection(Promise.resolve().then(make))).toMatchObject({ kind: 'validation', field });
    expect(server.requests).toHaveLength(before);
  });

  it('leave room for the step in the name', async () => {
    const { training } = await openTraining();
    expect(() => training.checkpoints({ everySteps: 1, name: 'a'.repeat(201) })).toThrow('expected at most 200 characters');
    expect(training.checkpoints({ everySteps: 1, name: 'a'.repeat(200) }).name).toHaveLength(200);
  });

  it('may hold callbacks that throw: training goes on', async () => {
    const error = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const scripted = await openTraining();
    const schedule = scripted.training.checkpoints({
      everySteps: 1,
      onSaved: () => {
        throw new Error('of the user');
      },
    });
    await takeSteps(scripted, 2);
    await advanceUntil(scripted.environment, schedule.flush());
    expect(schedule.saved).toHaveLength(2);
    expect(error.mock.calls.flat()).toEqual(Array(2).fill('tinkerjs: onSaved threw: of the user'));
  });
});

describe('steps that were in the weights before', () => {
  const restored = async (checkpoint: string, options: Partial<CheckpointOptions> = {}, config = {}) => {
    const scripted = await openTraining({}, config);
    const { service, environment } = scripted;
    const path = `tinker://S:train:9/weights/${checkpoint}` as const;
    const training = await advanceUntil(environment, service.createTrainingClientFromStateWithOptimizer(path));
    const schedule = training.checkpoints({ everySteps: 10, ...options });
    return { ...scripted, training, schedule };
  };

  it.each([
    ['step-000125', {}, 125],
    ['step-000125.2', {}, 125],
    ['signal-000125', {}, 125],
    ['run-a-000125', { name: 'run-a' }, 125],
    ['step-000125', { name: 'run-a' }, 125],
    ['step-1234567', {}, 1_234_567],
    ['run-a-000125', {}, 0],
    ['step-125', {}, 0],
    ['final', {}, 0],
    ['step-000125', { firstStep: 7 }, 7],
  ])('are read from %s with %j', async (checkpoint, options, step) => {
    const { schedule } = await restored(checkpoint, options);
    expect(schedule.firstStep).toBe(step);
  });

  it('are counted on from after a restore', async () => {
    const scripted = await restored('step-000125');
    await takeSteps(scripted, 16);
    await advanceUntil(scripted.environment, scripted.schedule.flush());
    expect(scripted.schedule.saved.map(({ name, step, optimStepsBefore }) => ({ name, step, optimStepsBefore }))).toEqual([
      { name: 'step-000130', step: 130, optimStepsBefore: 5 },
      { name: 'step-000140', step: 140, optimStepsBefore: 15 },
    ]);
    expect(executed(scripted).indexOf('step-000130')).toBe(5);
  });

  it('are known where the server creates the model by loading', async () => {
    const { schedule } = await restored('step-000125', {}, { create_model_via_load_weights: true });
    expect(schedule.firstStep).toBe(125);
  });

  it('are known after a load that is the first call, and only then', async () => {
    const { training, service, environment } = await openTraining();
    const other = await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }));
    await advanceUntil(environment, other.loadStateWithOptimizer('tinker://S:train:9/weights/step-000050'));
    expect(other.checkpoints({ everySteps: 1 }).firstStep).toBe(50);
    const step = training.optimStep();
    const load = training.loadState('tinker://S:train:9/weights/step-000050');
    await advanceUntil(environment, Promise.all([step, load]));
    expect(training.checkpoints({ everySteps: 1 }).firstStep).toBe(0);
  });
});
