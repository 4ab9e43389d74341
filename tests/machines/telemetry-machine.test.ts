import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { telemetryMachine } from '../../src/machines/telemetry-machine.js';
import type { TelemetrySendInput, TelemetrySent } from '../../src/machines/telemetry-messages.js';
import { Desk, leftOf, Parent, statesOf } from '../support/machines.js';

function run() {
  const parent = new Parent();
  const desk = new Desk<TelemetrySent, TelemetrySendInput>();
  const actor = createActor(telemetryMachine.provide({ actors: { send: desk.actor } }), { parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  return {
    actor,
    desk,
    states,
    pass: (ms: number) => parent.pass(ms),
    left: () => leftOf(actor, parent.clock),
    note: (waiting: number, urgent = false) => actor.send({ type: 'telemetry.noted', waiting, urgent }),
    answer: (kind: TelemetrySent['kind'], waiting = 0) => desk.answer({}, { kind, waiting }),
  };
}

describe('telemetryMachine', () => {
  it('has no timer while there is nothing to send', () => {
    const { left } = run();
    expect(left()).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('gathers for ten seconds, then sends', async () => {
    const { note, pass, desk, answer, states, left } = run();
    note(1);
    note(2);
    await pass(9_999);
    expect(desk.inputs).toEqual([]);
    await pass(1);
    expect(desk.inputs).toEqual([{ isLast: false }]);
    await answer('accepted');
    expect(states).toEqual(['idle', 'gathering', 'sending', 'idle']);
    expect(left()).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('sends at once what is urgent, and a full batch', async () => {
    const { note, pass, desk, answer, actor } = run();
    note(1, true);
    await pass(0);
    expect(desk.inputs).toHaveLength(1);
    await answer('accepted');
    note(99);
    await pass(0);
    expect(desk.inputs).toHaveLength(1);
    note(100);
    await pass(0);
    expect(desk.inputs).toHaveLength(2);
    await answer('accepted', 100);
    await pass(0);
    expect(desk.inputs).toHaveLength(3);
    await answer('accepted', 3);
    expect(actor.getSnapshot().value).toBe('gathering');
  });

  it('gathers what comes while it sends, and sends it at once when it is urgent', async () => {
    const { note, pass, desk, answer } = run();
    note(1, true);
    note(5);
    await pass(0);
    await answer('accepted', 5);
    expect(desk.inputs).toHaveLength(1);
    await pass(10_000);
    note(7, true);
    await answer('accepted', 2);
    expect(desk.inputs).toHaveLength(3);
  });

  it('goes on after a refusal', async () => {
    const { note, pass, answer, states } = run();
    note(1, true);
    await pass(0);
    await answer('refused');
    expect(states).toEqual(['idle', 'sending', 'idle']);
  });

  it('tries four times, with growing pauses, and then gives the batch up', async () => {
    const { note, pass, desk, answer, actor, left } = run();
    note(1, true);
    await pass(0);
    for (const [tries, pauseMs] of [1_000, 2_000, 4_000].entries()) {
      await answer('failed', 1);
      await pass(pauseMs - 1);
      expect(desk.inputs).toHaveLength(tries + 1);
      await pass(1);
      expect(desk.inputs).toHaveLength(tries + 2);
    }
    expect(desk.inputs.map(({ isLast }) => isLast)).toEqual([false, false, false, true]);
    await answer('failed');
    expect(actor.getSnapshot().context).toEqual({ waiting: 0, urgent: false, failures: 0 });
    expect(left()).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('gives an attempt five seconds', async () => {
    const { note, pass, desk, states } = run();
    note(1, true);
    await pass(4_999);
    expect(desk.waiting).toHaveLength(1);
    await pass(1);
    expect(desk.waiting).toEqual([]);
    expect(states.at(-1)).toBe('backingOff');
  });

  it('is off for good where the server takes none', async () => {
    const { note, pass, desk, answer, actor, left } = run();
    note(1, true);
    await pass(0);
    await answer('notOffered');
    note(500, true);
    await pass(86_400_000);
    expect(desk.inputs).toHaveLength(1);
    expect(actor.getSnapshot().value).toBe('off');
    expect(left()).toEqual({ status: 'active', children: [], timers: 0 });
  });
});

describe('telemetryMachine without its actor', () => {
  it('says what is missing', async () => {
    const parent = new Parent();
    const actor = createActor(telemetryMachine, { parent: parent.ref });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    actor.send({ type: 'telemetry.noted', waiting: 1, urgent: true });
    await parent.pass(0);
    expect(errors).toEqual([new Error('send is not provided')]);
  });
});
