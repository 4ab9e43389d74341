import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SaveOnSignalOptions, SignalNews } from '../../src/checkpoints/save-on-signal.js';
import { rejection } from '../support/clients.js';
import { openTraining } from '../support/open-training.js';
import { held, json } from '../support/scripted-server.js';
import { advanceUntil, settle, type SimulatedEnvironment } from '../support/simulated.js';
import { executed, takeSteps } from '../support/stepping.js';
import { untyped } from '../support/untyped.js';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
let exit: jest.Spied<typeof process.exit>;
let error: jest.Spied<typeof console.error>;
beforeEach(() => {
  exit = jest.spyOn(process, 'exit').mockReturnValue(untyped<never>('null'));
  error = jest.spyOn(console, 'error').mockReturnValue(undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

const listeners = () => signals.map((signal) => process.listenerCount(signal));

/** Lets time pass until the process would end; gives its code. */
async function ended({ environment }: { readonly environment: SimulatedEnvironment }): Promise<unknown> {
  while (exit.mock.calls.length === 0) {
    environment.clock.increment(100);
    await settle(2);
  }
  return exit.mock.calls[0]?.[0];
}

/** Options that keep what is told. */
function listening(): { readonly told: SignalNews[]; readonly onSignal: (news: SignalNews) => void } {
  const told: SignalNews[] = [];
  return { told, onSignal: (news) => void told.push(news) };
}

describe('a signal', () => {
  it('saves after what was called, and ends the process with 128 and its number', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    training.saveOnSignal();
    const steps = [training.optimStep(), training.optimStep()];
    process.emit('SIGTERM');
    const later = training.optimStep();
    await advanceUntil(environment, Promise.all([...steps, later]));
    expect(await ended(scripted)).toBe(143);
    expect(executed(scripted)).toEqual(['step', 'step', 'signal-000002', 'step']);
    expect(error.mock.calls.flat()).toEqual([
      'tinkerjs: SIGTERM: saving a checkpoint before the end; another signal ends at once (0.0 s)',
      expect.stringMatching(/^tinkerjs: SIGTERM: saved tinker:\/\/S:train:0\/weights\/signal-000002 \(\d\.\d s\)$/),
    ]);
  });

  it('names the step that the weights hold, counted from the restored checkpoint', async () => {
    const scripted = await openTraining();
    const { service, environment } = scripted;
    const training = await advanceUntil(environment, service.createTrainingClientFromState('tinker://S:train:9/weights/step-000120'));
    const { told, onSignal } = listening();
    training.saveOnSignal({ signals: ['SIGHUP'], ttlSeconds: 60, onSignal });
    await takeSteps({ ...scripted, training }, 3);
    process.emit('SIGHUP');
    expect(await ended(scripted)).toBe(129);
    expect(told.map(({ signal, state, checkpoint }) => ({ signal, state, name: checkpoint?.name, step: checkpoint?.step }))).toEqual([
      { signal: 'SIGHUP', state: 'saving', name: undefined, step: undefined },
      { signal: 'SIGHUP', state: 'saved', name: 'signal-000123', step: 123 },
    ]);
    expect(told[1]?.checkpoint).toMatchObject({ optimStepsBefore: 3, expiresAt: expect.any(Date) as unknown });
  });

  it('waits no longer than it may, and says for what', async () => {
    const scripted = await openTraining();
    const { training, environment, server } = scripted;
    server.next('optim_step', held().handler);
    const { told, onSignal } = listening();
    training.saveOnSignal({ timeoutMs: 4_000, onSignal, closeService: true });
    training.optimStep().then(undefined, () => undefined);
    const began = environment.now();
    process.emit('SIGINT');
    expect(await ended(scripted)).toBe(130);
    expect(environment.now() - began).toBeLessThan(4_300);
    expect(told.map(({ state, error: why }) => [state, why?.kind, why?.message])).toEqual([
      ['saving', undefined, undefined],
      ['failed', 'timeout', expect.stringMatching(/^Waited 4000 ms for saveState-\d+ \(queued/)],
    ]);
  });

  it('says so where the queue stands still', async () => {
    const scripted = await openTraining();
    scripted.training.saveOnSignal({ timeoutMs: 1_000 });
    scripted.training.pause();
    process.emit('SIGTERM');
    await ended(scripted);
    expect(error.mock.calls.flat().at(-1)).toMatch(
      /^tinkerjs: SIGTERM: no checkpoint was saved: Waited 1000 ms for saveState-\d+ \(queued.*\. The client is paused \(1.0 s\)$/,
    );
  });

  it('ends at once when another follows', async () => {
    const scripted = await openTraining();
    const { training, server } = scripted;
    server.next('save_weights', held().handler);
    training.saveOnSignal();
    process.emit('SIGTERM');
    await settle();
    expect(exit).not.toHaveBeenCalled();
    process.emit('SIGINT');
    expect(exit.mock.calls).toEqual([[130]]);
  });

  it('takes another name where an earlier process has ended at the same step, and gives up after some', async () => {
    const scripted = await openTraining();
    const { training, server } = scripted;
    server.times(2, 'save_weights', () => json({ detail: 'exists' }, 409));
    const { told, onSignal } = listening();
    training.saveOnSignal({ onSignal });
    process.emit('SIGTERM');
    await ended(scripted);
    expect(server.to('save_weights').map(({ body }) => body['path'])).toEqual(['signal-000000', 'signal-000000.2', 'signal-000000.3']);
    expect(told.at(-1)?.checkpoint?.name).toBe('signal-000000.3');
  });

  it.each([[409, 3], [400, 1]])('tells a save that is refused with %i', async (status, tries) => {
    const scripted = await openTraining();
    const { training, server } = scripted;
    server.times(9, 'save_weights', () => json({ detail: 'no' }, status));
    const { told, onSignal } = listening();
    training.saveOnSignal({ onSignal });
    process.emit('SIGTERM');
    expect(await ended(scripted)).toBe(143);
    expect(server.to('save_weights')).toHaveLength(tries);
    expect(told.map(({ state, error: why }) => [state, why?.status])).toEqual([['saving', undefined], ['failed', status]]);
  });

  it('is waited for by all clients that want to save, and by those only', async () => {
    const scripted = await openTraining();
    const { training, environment, service, server } = scripted;
    const other = await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }));
    const idle = await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }));
    const slow = held();
    server.next('save_weights', slow.handler);
    training.saveOnSignal();
    other.saveOnSignal();
    idle.saveOnSignal({ signals: ['SIGHUP'] });
    process.emit('SIGTERM');
    await settle();
    expect(exit).not.toHaveBeenCalled();
    slow.release(json({ detail: 'no' }, 400));
    expect(await ended(scripted)).toBe(143);
    expect(server.to('save_weights').map(({ body }) => body['model_id'])).toEqual([training.modelId, other.modelId]);
  });

  it('closes the service where that is asked for, and leaves the end to the program', async () => {
    const scripted = await openTraining();
    const { training, environment } = scripted;
    const { told, onSignal } = listening();
    training.saveOnSignal({ exit: false, closeService: true, onSignal });
    process.emit('SIGTERM');
    while (process.exitCode === undefined) {
      environment.clock.increment(100);
      await settle(2);
    }
    expect([exit.mock.calls.length, process.exitCode, told.at(-1)?.state]).toEqual([0, 143, 'saved']);
    expect(await rejection(training.saveState('more'))).toMatchObject({ kind: 'cancelled' });
    expect(listeners()).toEqual([0, 0, 0]);
  });
});

describe('the handler', () => {
  it('listens once for all clients, and no longer than they want', async () => {
    const { training, environment, service } = await openTraining();
    const other = await advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }));
    const before = listeners();
    const saver = training.saveOnSignal();
    {
      using second = other.saveOnSignal({ signals: ['SIGTERM', 'SIGHUP'] });
      expect(typeof second.stop).toBe('function');
      expect(listeners()).toEqual(before.map((count) => count + 1));
    }
    expect(listeners()).toEqual(before.map((count, index) => count + (index < 2 ? 1 : 0)));
    saver.stop();
    saver.stop();
    expect(listeners()).toEqual(before);
    training.saveOnSignal();
    training.close();
    expect(listeners()).toEqual(before);
    expect(() => training.saveOnSignal()).toThrow('saveOnSignal: the client is closed; only an open client saves');
  });

  it.each<[string, string]>([
    ['{"signals":[]}', 'signals: got an array of 0, expected one or more of SIGTERM, SIGINT'],
    ['{"signals":"SIGTERM"}', 'signals: got "SIGTERM", expected one or more of'],
    ['{"signals":["SIGKILL"]}', 'signals: got "SIGKILL", expected one or more of'],
    ['{"timeoutMs":0}', 'timeoutMs: got 0, expected a number of milliseconds above 0'],
    ['{"ttlSeconds":0}', 'ttlSeconds: got 0'],
    ['{"name":"a b"}', 'name: got "a b"'],
    ['{"firstStep":0.5}', 'firstStep: got 0.5'],
    ['{"closeService":1}', 'closeService: got 1, expected true or false'],
    ['{"exit":1}', 'exit: got 1, expected true or false'],
    ['{"onSignal":1}', 'onSignal: got 1, expected a function'],
    ['{"timeout":1}', 'options.timeout: there is no such option'],
  ])('is not put in place for %s', async (options, message) => {
    const { training } = await openTraining();
    const before = listeners();
    expect(() => training.saveOnSignal(untyped<SaveOnSignalOptions>(options))).toThrow(message);
    expect(listeners()).toEqual(before);
  });
});
