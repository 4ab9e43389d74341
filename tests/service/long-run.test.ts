import { describe, expect, it } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { atRest, leftovers, running } from '../support/leftovers.js';
import { broken, json } from '../support/scripted-server.js';
import { CountingClock } from '../support/counting-clock.js';
import { advanceUntil, settle, simulatedEnvironment } from '../support/simulated.js';

/** A client on which everything that an operation may meet happens once in every round. */
async function start() {
  const clock = new CountingClock();
  const environment = { ...simulatedEnvironment(), clock, now: () => clock.now(), wallNow: () => clock.now() };
  const types = new Set<string>();
  const inspect = (event: InspectionEvent) => {
    if (event.type === '@xstate.event') types.add(event.event.type);
  };
  const { server, service, training } = await scriptedTraining({ inspect, environment });
  const round = async () => {
    await Promise.all([training.forwardBackward([datum(), datum()], 'cross_entropy'), training.optimStep({ learningRate: 1e-4 })]);
    const { path } = await training.saveState('a');
    await training.loadState(path);
    server.next('optim_step', () => broken());
    server.next('retrieve_future', () => json({ type: 'try_again', request_id: 'r', queue_state: 'active' }));
    await advanceUntil(environment, training.optimStep());
    server.next('optim_step', () => json({ detail: 'no' }, 400));
    await rejection(training.optimStep());
    server.next('retrieve_future', () => json({ error: 'bad loss', category: 'user' }));
    await rejection(training.optimStep());
    const cancelled = training.optimStep();
    cancelled.cancel();
    await rejection(cancelled);
    await training.getInfo();
    // A heartbeat.
    clock.increment(10_000);
    await settle();
  };
  return { clock, service, training, types, round };
}

describe('a service that runs for long', () => {
  it('keeps no actor, timer or name of the operations that have ended', async () => {
    const { clock, service, training, types, round } = await start();
    await round();
    const before = { timers: clock.pending, types: [...types] };
    for (let count = 0; count < 20; count += 1) await round();
    // xstate keeps every type of event that it has met.
    expect({ timers: clock.pending, types: [...types] }).toEqual(before);
    expect(leftovers(training)).toEqual(atRest);
    expect(running(service)).toEqual({ children: ['session', training.actor.id], trainings: [training.actor.id] });
    await service.close();
    expect(clock.pending).toBe(0);
  });
});
