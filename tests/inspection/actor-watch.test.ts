import { describe, expect, it } from '@jest/globals';
import { assign, createActor, createMachine, fromCallback, fromPromise, setup, SimulatedClock, type AnyStateMachine } from 'xstate';
import { ActorWatch } from '../../src/inspection/actor-watch.js';
import type { ActorRecord, ChartRecord } from '../../src/inspection/records.js';

/** A machine that runs and is watched. */
function watched(machine: AnyStateMachine) {
  const clock = new SimulatedClock();
  const calls: number[] = [];
  const watch = new ActorWatch({ service: 's', wallNow: () => 1000 + clock.now(), changed: () => calls.push(clock.now()) });
  const actor = createActor(machine, { id: 'root', clock, inspect: (event) => watch.next(event) });
  actor.subscribe({ error: () => undefined });
  return {
    clock, calls, watch, actor,
    actors: (): ActorRecord[] => watch.changes().filter((record) => record.type === 'actor'),
    charts: (): ChartRecord[] => watch.changes().filter((record) => record.type === 'chart'),
  };
}

const light = createMachine({
  id: 'light',
  initial: 'green',
  context: { secret: 'tml-secret' },
  on: { note: { actions: assign({ secret: 'noted' }) } },
  states: {
    green: { on: { go: 'amber', stay: 'green', again: { target: 'green', reenter: true }, quit: 'off' } },
    amber: { always: 'red' },
    red: { after: { 500: 'green' } },
    off: { type: 'final' },
  },
});

describe('ActorWatch', () => {
  it('tells of a machine where it is, and of its chart once', () => {
    const { actor, watch } = watched(light);
    actor.start();
    const { sessionId: key } = actor;
    expect(watch.changes()).toEqual([
      expect.objectContaining({ type: 'chart', service: 's', key: 'light', at: 1000, chart: expect.objectContaining({ id: 'light' }) }),
      { type: 'actor', service: 's', key, at: 1000, id: 'root', machine: 'light', states: ['green'], since: 1000, status: 'active', transitions: 0, recent: [] },
    ]);
    actor.send({ type: 'go' });
    expect(watch.changes()).toEqual([expect.objectContaining({ type: 'actor', key })]);
  });

  it('tells every step as the chart has it, also those that follow at once', () => {
    const { actor, actors, clock } = watched(light);
    actor.start();
    clock.increment(7);
    actor.send({ type: 'go', secret: 'tml-secret' });
    clock.increment(500);
    const [record] = actors();
    expect(record).toMatchObject({ at: 1507, states: ['green'], since: 1507, transitions: 3 });
    expect(record?.recent).toEqual([
      { event: 'go', from: ['green'], to: ['amber'], at: 1007 },
      { event: 'always', from: ['amber'], to: ['red'], at: 1007 },
      { event: 'after 500 ms', from: ['red'], to: ['green'], at: 1507 },
    ]);
    expect(JSON.stringify(record)).not.toContain('secret');
  });

  it('tells of a state that is entered anew, and not of one that is only stayed in', () => {
    const { actor, actors } = watched(light);
    actor.start();
    actor.send({ type: 'stay' });
    expect(actors()[0]?.recent).toEqual([]);
    actor.send({ type: 'again' });
    expect(actors()[0]?.recent).toEqual([{ event: 'again', from: ['green'], to: ['green'], at: 1000 }]);
  });

  it('keeps the ten newest steps and counts all', () => {
    const { actor, actors, clock } = watched(light);
    actor.start();
    for (let round = 0; round < 4; round += 1) {
      actor.send({ type: 'go' });
      clock.increment(500);
    }
    const [record] = actors();
    expect(record?.transitions).toBe(12);
    expect(record?.recent.map(({ event }) => event)).toEqual(['after 500 ms', ...['go', 'always', 'after 500 ms', 'go', 'always', 'after 500 ms', 'go', 'always', 'after 500 ms']]);
  });

  it('says nothing of events that change a context only', () => {
    const { actor, actors, calls } = watched(light);
    actor.start();
    expect(calls).toHaveLength(1);
    actors();
    actor.send({ type: 'note' });
    actor.send({ type: 'unknown' });
    expect(actors()).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  it('calls once when there is news, and again only after it was asked', () => {
    const { actor, actors, calls } = watched(light);
    actor.start();
    actor.send({ type: 'again' });
    expect(calls).toHaveLength(1);
    actors();
    actor.send({ type: 'again' });
    actor.send({ type: 'again' });
    expect(calls).toHaveLength(2);
  });

  it('names the parts of a parallel state that were left and entered, and all where they were entered anew', () => {
    const part = { initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } } as const;
    const { actor, actors } = watched(
      createMachine({ id: 'm', initial: 'on', states: { on: { type: 'parallel', on: { again: { target: 'on', reenter: true }, touch: {}, calm: 'on' }, states: { one: part, two: part, three: {} } } } }),
    );
    actor.start();
    expect(actors()[0]?.states).toEqual(['on.one.a', 'on.two.a', 'on.three']);
    for (const type of ['again', 'touch', 'calm', 'go']) actor.send({ type });
    const [record] = actors();
    expect(record?.states).toEqual(['on.one.b', 'on.two.b', 'on.three']);
    expect(record?.recent.map(({ event, from, to }) => [event, from, to])).toEqual([
      ['again', ['on.one.a', 'on.two.a', 'on.three'], ['on.one.a', 'on.two.a', 'on.three']],
      ['go', ['on.one.a', 'on.two.a'], ['on.one.b', 'on.two.b']],
    ]);
    actor.send({ type: 'calm' });
    expect(actors()[0]?.recent.at(-1)).toMatchObject({ event: 'calm', from: ['on.one.b', 'on.two.b'], to: ['on.one.a', 'on.two.a'] });
  });

  it('tells the end of a machine once, and forgets it', () => {
    const { actor, actors, watch } = watched(light);
    actor.start();
    actors();
    actor.send({ type: 'quit' });
    expect(watch.size).toBe(1);
    expect(actors()).toEqual([expect.objectContaining({ states: ['off'], status: 'done' })]);
    expect(watch.size).toBe(0);
    actor.send({ type: 'go' });
    expect(actors()).toEqual([]);
  });

  it('tells that the whole system was stopped', () => {
    const { actor, actors } = watched(setup({ actors: { light } }).createMachine({ id: 'm', invoke: { id: 'child', src: 'light' } }));
    actor.start();
    expect(actors()).toHaveLength(2);
    actor.stop();
    expect(actors().map(({ id, status }) => [id, status]).sort()).toEqual([['child', 'stopped'], ['root', 'stopped']]);
  });

  it('knows children by their names, under their parents, and leaves tasks out', () => {
    const actors = { light, task: fromPromise(() => new Promise(() => undefined)), call: fromCallback(() => undefined) };
    const machine = setup({ actors }).createMachine({ id: 'm', initial: 'a', states: { a: { invoke: [{ id: 'child', src: 'light' }, { id: 'task', src: 'task' }, { id: 'call', src: 'call' }] } } });
    const { actor, actors: records } = watched(machine);
    actor.start();
    expect(records().map(({ id, parent, machine: name }) => [id, parent, name])).toEqual([
      ['root', undefined, 'm'],
      ['child', actor.sessionId, 'light'],
    ]);
  });

  it('has nothing to tell before the start', () => {
    const { calls, watch } = watched(light);
    expect(watch.changes()).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('begins with the states that a machine reaches by itself', () => {
    const { actor, actors } = watched(createMachine({ id: 'm', initial: 'a', states: { a: { always: 'b' }, b: {} } }));
    actor.start();
    expect(actors()).toEqual([expect.objectContaining({ states: ['b'], transitions: 0, recent: [] })]);
  });

  it('calls an actor by its key where it has no name', () => {
    const { actor, actors, watch } = watched(light);
    const bare = { sessionId: 'x:bare', send: () => undefined, getSnapshot: () => actor.getSnapshot() };
    watch.next({ type: '@xstate.event', rootId: 'x:bare', actorRef: bare, sourceRef: undefined, event: { type: 'xstate.init' } });
    expect(actors()).toEqual([expect.objectContaining({ key: 'x:bare', id: 'x:bare' })]);
  });
});
