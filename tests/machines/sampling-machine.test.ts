import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { runningSampling, type SamplingEnd } from '../../src/machines/sampling-machine.js';
import { Parent } from '../support/machines.js';

function startSampling() {
  const parent = new Parent();
  const input = { actorId: 'sampling-1', samplingSessionId: 's', maxConcurrent: 2, progressTimeoutMs: 1000 };
  const actor = createActor(runningSampling(() => parent.clock.now()), { parent: parent.ref, input });
  const heard: string[] = [];
  actor.on('*', ({ type }) => heard.push(type));
  actor.start();
  return {
    parent,
    actor,
    heard: () => heard.splice(0),
    make: (count: number) => {
      for (let i = 0; i < count; i += 1) actor.send({ type: 'call.made', at: parent.clock.now() });
    },
    end: (how: SamplingEnd) =>
      actor.send({ type: 'call.ended', how, error: how === 'done' ? undefined : { kind: how === 'failed' ? 'http' : 'cancelled', message: how }, at: parent.clock.now() }),
    now: () => {
      const { value, context } = actor.getSnapshot();
      return [value, context.waiting, context.inFlight];
    },
  };
}

describe('samplingMachine', () => {
  it('lets as many calls go on as there may be at once', () => {
    const sampling = startSampling();
    sampling.make(4);
    expect([sampling.now(), sampling.heard()]).toEqual([['busy', 2, 2], ['call.admitted', 'call.admitted']]);
    sampling.end('done');
    expect([sampling.now(), sampling.heard()]).toEqual([['busy', 1, 2], ['call.admitted']]);
    sampling.actor.send({ type: 'call.withdrawn' });
    sampling.end('failed');
    sampling.actor.send({ type: 'call.resubmitted' });
    sampling.end('cancelled');
    expect(sampling.now()).toEqual(['idle', 0, 0]);
    expect(sampling.actor.getSnapshot().context).toMatchObject({
      counters: { done: 1, failed: 1, cancelled: 2 },
      resubmitted: 1,
      lastError: { kind: 'http', message: 'failed' },
    });
  });

  it('tells when no call has ended for too long, and never while none is open', async () => {
    const sampling = startSampling();
    await sampling.parent.pass(5000);
    sampling.make(2);
    await sampling.parent.pass(999);
    sampling.end('done');
    await sampling.parent.pass(999);
    expect(sampling.heard()).toEqual(['call.admitted', 'call.admitted']);
    await sampling.parent.pass(1);
    expect(sampling.heard()).toEqual(['calls.stuck']);
    sampling.end('failed');
    expect([sampling.now(), sampling.parent.clock.pending]).toEqual([['idle', 0, 0], 0]);
  });

  it('waits for ever where that is not watched', async () => {
    const { parent } = startSampling();
    const patient = createActor(runningSampling(() => parent.clock.now()), {
      clock: parent.clock,
      input: { actorId: 'a', samplingSessionId: 's', maxConcurrent: 1, progressTimeoutMs: undefined },
    });
    const heard: string[] = [];
    patient.on('calls.stuck', ({ type }) => heard.push(type));
    patient.start();
    patient.send({ type: 'call.made', at: 0 });
    await parent.pass(2 ** 31);
    expect(heard).toEqual([]);
    patient.stop();
  });

  it('tells its parent when it is stopped, and leaves no timer', () => {
    const sampling = startSampling();
    sampling.make(1);
    sampling.actor.send({ type: 'client.stopped' });
    expect(sampling.parent.events).toEqual([{ type: 'sampling.stopped', actorId: 'sampling-1' }]);
    expect([sampling.actor.getSnapshot().status, sampling.parent.clock.pending]).toEqual(['done', 0]);
  });
});
