import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CountingClock } from '../support/counting-clock.js';
import { openTraining } from '../support/open-training.js';
import { held, json } from '../support/scripted-server.js';
import { advanceUntil, settle, simulatedEnvironment } from '../support/simulated.js';
import { deleted, listening, takeSteps } from '../support/stepping.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const hour = 3_600_000;
const day = 24 * hour;

/** Lets time pass in a few steps. */
async function pass({ environment }: Awaited<ReturnType<typeof openTraining>>, ms: number): Promise<void> {
  for (let step = 0; step < 8; step += 1) {
    environment.clock.increment(ms / 8);
    await settle(2);
  }
}

describe('a checkpoint that is about to expire', () => {
  it('is told once, when a quarter of its time is left', async () => {
    const scripted = await openTraining();
    const told = listening();
    const schedule = scripted.training.checkpoints({ everySteps: 1, ttlSeconds: 8 * 3600, ...told.callbacks });
    await takeSteps(scripted, 2);
    await advanceUntil(scripted.environment, schedule.flush());
    await pass(scripted, 5.9 * hour);
    expect(told.expiring).toEqual([]);
    await pass(scripted, 0.2 * hour);
    expect(told.expiring.map(({ name }) => name)).toEqual(['step-000002']);
    await pass(scripted, 5 * hour);
    expect(told.expiring).toHaveLength(1);
    expect(Number(told.expiring[0]?.expiresAt)).toBeGreaterThanOrEqual(8 * hour);
  });

  it('is told a day before where its time is long, and never when a newer one has come', async () => {
    const scripted = await openTraining();
    const told = listening();
    scripted.training.checkpoints({ everySteps: 1, ttlSeconds: 40 * 86_400, ...told.callbacks });
    await takeSteps(scripted, 1);
    await pass(scripted, 38.9 * day);
    await takeSteps(scripted, 1);
    await pass(scripted, 38.9 * day);
    expect(told.expiring).toEqual([]);
    await pass(scripted, 0.2 * day);
    expect(told.expiring.map(({ name }) => name)).toEqual(['step-000002']);
  });

  it('is the newest one, though an older save is confirmed after it', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    const told = listening();
    const late = held();
    const schedule = training.checkpoints({ everySteps: 9, ttlSeconds: 3600, ...told.callbacks });
    server.next('retrieve_future', late.handler);
    const older = schedule.saveNow();
    await settle();
    const newer = await advanceUntil(environment, schedule.saveNow());
    late.release(json({ path: 'tinker://S:train:0/weights/step-000000' }));
    await advanceUntil(environment, older);
    await pass(scripted, hour);
    expect(told.expiring).toEqual([newer]);
    expect(schedule.saved.at(-1)).toBe(newer);
  });

  it('counts no longer among those that are kept once it is gone and another is there', async () => {
    const scripted = await openTraining();
    const schedule = scripted.training.checkpoints({ everySteps: 1, keepLast: 2, ttlSeconds: 3600, onExpiring: () => undefined });
    await takeSteps(scripted, 2);
    await pass(scripted, 2 * hour);
    await takeSteps(scripted, 1);
    await advanceUntil(scripted.environment, schedule.flush());
    expect(schedule.saved.map(({ name }) => name)).toEqual(['step-000003']);
    expect(deleted(scripted)).toEqual([]);
  });

  it('is not told of one that is kept for good, nor after the schedule has stopped', async () => {
    const scripted = await openTraining();
    const told = listening();
    const schedule = scripted.training.checkpoints({ everySteps: 1, keepEvery: 2, ttlSeconds: 3600, ...told.callbacks });
    await takeSteps(scripted, 2);
    await pass(scripted, 2 * hour);
    await takeSteps(scripted, 1);
    schedule.stop();
    await takeSteps(scripted, 1);
    await pass(scripted, 2 * hour);
    expect(told.expiring).toEqual([]);
  });

  it('is a line on the console where nobody listens', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue(undefined);
    const scripted = await openTraining();
    scripted.training.checkpoints({ everySteps: 1, ttlSeconds: 3600 });
    await takeSteps(scripted, 1);
    await pass(scripted, hour);
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/^tinkerjs: tinker:\/\/S:train:0\/weights\/step-000001 is the newest checkpoint and expires 1970-01-01T01:00:0/),
    ]);
  });

  it('leaves no timer behind, and dates by the real time where the environment has no other', async () => {
    const clock = new CountingClock();
    const environment = { ...simulatedEnvironment(), clock, now: () => clock.now(), wallNow: undefined };
    const scripted = await openTraining({ environment });
    const schedule = scripted.training.checkpoints({ everySteps: 1, ttlSeconds: 3600 });
    const before = Date.now();
    await takeSteps({ ...scripted, environment }, 1);
    await advanceUntil(environment, schedule.flush());
    expect(Number(schedule.saved[0]?.expiresAt?.getTime())).toBeGreaterThanOrEqual(before + hour);
    const timers = clock.pending;
    schedule.stop();
    expect(clock.pending).toBe(timers - 1);
    schedule.stop();
  });
});
