import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { CountingClock } from '../support/counting-clock.js';
import { Gathered } from '../support/inspection/gathered.js';
import { leftovers, running } from '../support/leftovers.js';
import { held } from '../support/scripted-server.js';
import { input } from '../support/sampling.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

/** A watched service on a clock that knows its timers. */
async function counted(watcher: Gathered) {
  const clock = new CountingClock();
  const scripted = await scriptedTraining({ inspect: watcher, environment: { ...simulatedEnvironment(), clock, now: () => clock.now() } });
  return { ...scripted, clock };
}

describe('closing a watched service', () => {
  it('tells the end of all that is open, then ends the sinks, and leaves nothing alive', async () => {
    const watcher = new Gathered();
    const { server, service, training, clock } = await counted(watcher);
    const sampling = await service.createSamplingClient({ baseModel: 'base' });
    clock.increment(100);
    for (const endpoint of ['optim_step', 'asample', 'create_model', 'get_server_capabilities']) server.next(endpoint, held().handler);
    const calls = [
      training.optimStep(),
      training.forwardBackward([datum()], 'cross_entropy'),
      sampling.sample(input),
      service.createLoraTrainingClient({ baseModel: 'base' }),
      service.getServerCapabilities(),
    ];
    const outcomes = calls.map(rejection);
    await settle();
    clock.increment(50);
    await service.close();
    const open = ['optimStep', 'forwardBackward', 'sample', 'createModel', 'getServerCapabilities'].map((kind) => watcher.operation(kind));
    expect(open.map(({ status, endedAt }) => [status, endedAt === undefined ? undefined : endedAt - watcher.record('service', '').startedAt])).toEqual(open.map(() => ['cancelled', 150]));
    expect(watcher.record('training', training.modelId).state).toBe('stopped');
    expect(watcher.record('sampling', sampling.actor.id).state).toBe('stopped');
    expect(watcher.newest('actor').filter(({ status }) => status === 'active')).toEqual([]);
    expect(watcher.all('error')).toEqual([]);
    expect([watcher.ends, clock.pending]).toEqual([1, 0]);
    expect([running(service), leftovers(training)]).toMatchObject([{ children: [], trainings: [] }, { status: 'done', children: [] }]);
    const told = watcher.told.length;
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ kind: 'cancelled' });
    const made = watcher.calls.length;
    for (const late of [training.optimStep(), sampling.sample(input)]) await rejection(late);
    clock.increment(1_000_000);
    await settle();
    expect([watcher.told.length, watcher.calls.length, clock.pending]).toEqual([told, made, 0]);
  });

  it('waits for the sinks, and ends them once', async () => {
    let release: () => void = () => undefined;
    const ending = new Promise<void>((resolve) => (release = resolve));
    const watcher = new Gathered({ end: () => ending });
    const { service } = await counted(watcher);
    const state = { closed: false };
    const closing = service.close().then(() => (state.closed = true));
    await settle();
    expect(state.closed).toBe(false);
    release();
    await closing;
    await service.close();
    expect(watcher.ends).toBe(1);
  });
});
