import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { runningGate, samplingGateMachine, type Charge, type SamplingGateEvent } from '../../src/machines/sampling-gate-machine.js';
import { runningSampling, samplingMachine, type SamplingEnd, type SamplingEvent } from '../../src/machines/sampling-machine.js';
import { CountingClock } from '../support/counting-clock.js';

/** Numbers by chance, the same ones for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);

/** A sampling machine; tells what it emitted and how it is now after each event. */
function sampling(machine: typeof samplingMachine) {
  const emitted: unknown[] = [];
  const input = { actorId: 'a', samplingSessionId: 's', maxConcurrent: 3, progressTimeoutMs: 1000 };
  const actor = createActor(machine, { clock: new CountingClock(), input });
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  return (event: SamplingEvent) => {
    actor.send(event);
    const { value, context } = actor.getSnapshot();
    return { value, context, emitted: emitted.splice(0) };
  };
}

/** Events that may happen after one another. */
function samplingEvents(seed: number): SamplingEvent[] {
  const draw = chance(seed);
  let [waiting, inFlight] = [0, 0];
  return Array.from({ length: 200 }, (_, at): SamplingEvent => {
    const kind = draw(seed % 2 === 0 ? 4 : 6);
    if (inFlight > 0 && kind >= 3) {
      if (waiting > 0) waiting -= 1;
      else inFlight -= 1;
      const how = (['done', 'failed', 'cancelled'] as const satisfies SamplingEnd[])[draw(3)] ?? 'done';
      return { type: 'call.ended', how, error: how === 'done' ? undefined : { kind: 'http', message: `${at}` }, at };
    }
    if (waiting > 0 && kind === 2) {
      waiting -= 1;
      return { type: 'call.withdrawn' };
    }
    if (inFlight > 0 && kind === 1) return { type: 'call.resubmitted' };
    if (inFlight < 3) inFlight += 1;
    else waiting += 1;
    return { type: 'call.made', at };
  });
}

/** A gate, told the same way. */
function gate(machine: typeof samplingGateMachine, clock: CountingClock) {
  const emitted: unknown[] = [];
  const admitted: Charge[] = [];
  const actor = createActor(machine, { clock, input: { dispatchBytes: 50 } });
  actor.on('*', (event) => {
    emitted.push(event);
    if (event.type === 'dispatch.admitted') admitted.push(event.charge);
  });
  actor.start();
  return {
    admitted,
    send: (event: SamplingGateEvent) => {
      actor.send(event);
      const { value, context } = actor.getSnapshot();
      return { value, context, emitted: emitted.splice(0) };
    },
  };
}

describe('shortcuts', () => {
  it.each(seeds)('do what the chart of sampling says (%i)', (seed) => {
    const [byChart, quickly] = [sampling(samplingMachine), sampling(runningSampling(() => 0))];
    for (const event of samplingEvents(seed)) expect(quickly(event)).toEqual(byChart(event));
  });

  it.each(seeds)('do what the chart of the gate says (%i)', (seed) => {
    const draw = chance(seed);
    const [one, other] = [new CountingClock(), new CountingClock()];
    const [byChart, quickly] = [gate(samplingGateMachine, one), gate(runningGate(), other)];
    for (let at = 0; at < 200; at += 1) {
      const kind = draw(20);
      const left = kind < 9 ? byChart.admitted.shift() : undefined;
      if (left !== undefined) quickly.admitted.shift();
      const event: SamplingGateEvent =
        left !== undefined
          ? { type: 'dispatch.left', charge: left, accepted: draw(2) === 0 }
          : kind === 19
            ? { type: 'dispatch.pushedBack', at: one.now(), pauseMs: 100 }
            : { type: 'dispatch.wanted', key: `k${at}`, bytes: draw(30) };
      expect(quickly.send(event)).toEqual(byChart.send(event));
      const ms = draw(3) === 0 ? draw(4000) : 0;
      one.increment(ms);
      other.increment(ms);
    }
    expect(quickly.admitted).toEqual(byChart.admitted);
  });
});
