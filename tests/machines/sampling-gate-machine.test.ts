import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { runningGate, type Charge } from '../../src/machines/sampling-gate-machine.js';
import { CountingClock } from '../support/counting-clock.js';

function startGate(dispatchBytes = 1_000_000) {
  const clock = new CountingClock();
  const actor = createActor(runningGate(), { clock, input: { dispatchBytes } });
  const admitted: { readonly key: string; readonly charge: Charge }[] = [];
  const pauses: number[] = [];
  actor.on('dispatch.admitted', ({ key, charge }) => admitted.push({ key, charge }));
  actor.on('pause.over', () => pauses.push(clock.now()));
  actor.start();
  let wanted = 0;
  return {
    clock,
    admitted,
    pauses,
    actor,
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
    want: (count: number, bytes = 10) => {
      for (let i = 0; i < count; i += 1) actor.send({ type: 'dispatch.wanted', key: `k${(wanted += 1)}`, bytes });
    },
    leave: (accepted = true) => {
      const first = admitted.shift();
      if (first === undefined) throw new Error('nobody is inside');
      actor.send({ type: 'dispatch.left', charge: first.charge, accepted });
    },
    push: (pauseMs = 1000) => actor.send({ type: 'dispatch.pushedBack', at: clock.now(), pauseMs }),
    bill: () => actor.send({ type: 'dispatch.billed', at: clock.now(), pauseMs: 1000 }),
  };
}

describe('samplingGateMachine', () => {
  it('lets 400 in, in order, and the next for each that leaves', () => {
    const gate = startGate();
    gate.want(402);
    expect([gate.admitted.length, gate.context().waiting.length, gate.context().balance]).toEqual([400, 2, 996_000]);
    gate.leave();
    expect(gate.admitted.at(-1)).toEqual({ key: 'k401', charge: { bytes: 10, throttled: false } });
    expect(gate.clock.pending).toBe(0);
  });

  it('lets one in while the balance is not negative, however large it is', () => {
    const gate = startGate(15);
    gate.want(2, 10_000);
    expect([gate.admitted.length, gate.context().balance]).toEqual([1, -9985]);
    gate.leave();
    expect(gate.admitted).toEqual([{ key: 'k2', charge: { bytes: 10_000, throttled: false } }]);
  });

  it('lets one more in when the balance is used up exactly', () => {
    const gate = startGate(20);
    gate.want(4);
    expect([gate.admitted.map(({ key }) => key), gate.context().balance]).toEqual([['k1', 'k2', 'k3'], -10]);
  });

  it('forgets who does not want to wait any more', () => {
    const gate = startGate(5);
    gate.want(3);
    gate.actor.send({ type: 'dispatch.withdrawn', key: 'k2' });
    gate.leave();
    expect(gate.admitted.map(({ key }) => key)).toEqual(['k3']);
  });

  it('lets nobody in while it backs off, then ten at twenty times their weight, then all again', () => {
    const gate = startGate();
    gate.want(1);
    gate.push();
    gate.want(20);
    expect([gate.state(), gate.admitted.length]).toEqual(['backingOff', 1]);
    gate.leave();
    expect(gate.admitted).toEqual([]);
    gate.clock.increment(999);
    expect(gate.pauses).toEqual([]);
    gate.clock.increment(1);
    expect([gate.state(), gate.pauses]).toEqual(['throttled', [1000]]);
    expect(gate.admitted.map(({ charge }) => charge)).toEqual(Array.from({ length: 10 }, () => ({ bytes: 200, throttled: true })));
    gate.leave();
    expect(gate.context()).toMatchObject({ inside: 10, insideThrottled: 10 });
    gate.clock.increment(10_000);
    expect(gate.state()).toBe('open');
    expect(gate.context()).toMatchObject({ inside: 19, insideThrottled: 10, waiting: [] });
    while (gate.admitted.length > 0) gate.leave();
    expect(gate.context()).toMatchObject({ inside: 0, insideThrottled: 0, balance: 1_000_000 });
    expect(gate.clock.pending).toBe(0);
  });

  it('never shortens a pause, and lengthens it with every push', () => {
    const gate = startGate();
    gate.push(5000);
    gate.clock.increment(1000);
    gate.push(1000);
    gate.clock.increment(3999);
    expect(gate.state()).toBe('backingOff');
    gate.push(1000);
    gate.clock.increment(1000);
    expect([gate.state(), gate.pauses]).toEqual(['throttled', [5999]]);
  });

  it('knows since when the account is blocked: until a request is taken, or nothing was heard of it for long', () => {
    const gate = startGate();
    gate.want(2);
    gate.bill();
    gate.clock.increment(1000);
    gate.bill();
    expect([gate.state(), gate.context().billingSince]).toEqual(['billingPaused', 0]);
    gate.leave(false);
    expect(gate.context().billingSince).toBe(0);
    gate.clock.increment(300_001);
    gate.bill();
    expect(gate.context().billingSince).toBe(301_001);
    gate.leave(true);
    expect(gate.context().billingSince).toBeUndefined();
  });
});
