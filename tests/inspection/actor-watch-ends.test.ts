import { describe, expect, it } from '@jest/globals';
import { createActor, createMachine, enqueueActions, fromPromise, setup } from 'xstate';
import { ActorWatch } from '../../src/inspection/actor-watch.js';
import type { ActorRecord } from '../../src/inspection/records.js';
import { settle } from '../support/machines.js';

const grandchild = createMachine({ id: 'grandchild', initial: 'a', states: { a: {} } });
const fail = () => {
  throw new Error('tml-secret');
};
const child = setup({ actors: { grandchild } }).createMachine({
  id: 'child',
  initial: 'working',
  states: {
    working: { invoke: { id: 'grandchild', src: 'grandchild' }, on: { finish: 'finished', fail: { actions: fail } } },
    finished: { type: 'final' },
  },
});
const broken = createMachine({ id: 'broken', initial: 'a', states: { a: { entry: fail } } });
const nursery = setup({ actors: { child, broken } }).createMachine({
  id: 'nursery',
  on: {
    make: { actions: enqueueActions(({ enqueue, event }) => enqueue.spawnChild('child', { id: String(event['id']) })) },
    makeBroken: { actions: enqueueActions(({ enqueue, event }) => enqueue.spawnChild('broken', { id: String(event['id']) })) },
    drop: { actions: enqueueActions(({ enqueue, event }) => enqueue.stopChild(String(event['id']))) },
    makeAndDrop: {
      actions: enqueueActions(({ enqueue, event }) => {
        enqueue.spawnChild('child', { id: String(event['id']) });
        enqueue.stopChild(String(event['id']));
      }),
    },
    'xstate.error.actor.*': {},
    fail: { actions: fail },
  },
});

/** A nursery whose beginning is told. */
function open() {
  const watch = new ActorWatch({ service: 's', wallNow: () => 5, changed: () => undefined });
  const actor = createActor(nursery, { id: 'nursery', inspect: (event) => watch.next(event) });
  actor.subscribe({ error: () => undefined });
  const told = () => watch.changes().filter((record): record is ActorRecord => record.type === 'actor').map(({ id, status }) => `${id} ${status}`);
  actor.start();
  told();
  return { actor, watch, told };
}

describe('ActorWatch, of actors that end', () => {
  it('tells that a child was stopped, with its own children', () => {
    const { actor, watch, told } = open();
    actor.send({ type: 'make', id: 'c' });
    expect(told()).toEqual(['c active', 'grandchild active']);
    actor.send({ type: 'drop', id: 'c' });
    expect(told().sort()).toEqual(['c stopped', 'grandchild stopped']);
    expect(watch.size).toBe(1);
  });

  it('tells that a child has finished', () => {
    const { actor, told } = open();
    actor.send({ type: 'make', id: 'c' });
    told();
    actor.getSnapshot().children['c']?.send({ type: 'finish' });
    expect(told().sort()).toEqual(['c done', 'grandchild stopped']);
  });

  it('tells that a child has thrown, which gives no snapshot', () => {
    const { actor, told } = open();
    actor.send({ type: 'make', id: 'c' });
    told();
    actor.getSnapshot().children['c']?.send({ type: 'fail' });
    // xstate leaves the children of a machine that throws running.
    expect(told()).toEqual(['c error']);
  });

  it('takes an event that only looks like an end for none', () => {
    const { actor, told, watch } = open();
    actor.send({ type: 'make', id: 'c' });
    told();
    actor.send({ type: 'xstate.error.actor.c' });
    expect(told()).toEqual([]);
    expect(watch.size).toBe(3);
  });

  it('tells that the root has thrown, of which xstate says nothing', () => {
    const { actor, told, watch } = open();
    actor.send({ type: 'fail' });
    expect(told()).toEqual(['nursery error']);
    expect(told()).toEqual([]);
    expect(watch.size).toBe(0);
  });

  it('leaves no record of what begins and ends between two calls', () => {
    const { actor, watch, told } = open();
    for (let count = 0; count < 10; count += 1) {
      actor.send({ type: 'make', id: 'c' });
      actor.send({ type: 'drop', id: 'c' });
    }
    actor.send({ type: 'makeBroken', id: 'b' });
    expect(told()).toEqual([]);
    expect(watch.size).toBe(1);
  });

  it('leaves no record of what is stopped before it starts', () => {
    const { actor, watch, told } = open();
    actor.send({ type: 'makeAndDrop', id: 'c' });
    expect(told()).toEqual([]);
    expect(watch.size).toBe(1);
  });

  it('keeps nothing of ten thousand actors that have ended, told or not', () => {
    const { actor, watch, told } = open();
    for (let count = 0; count < 10_000; count += 1) {
      actor.send({ type: 'make', id: 'c' });
      if (count % 2 === 0) expect(told().filter((line) => line.endsWith(' active'))).toHaveLength(2);
      actor.send({ type: 'drop', id: 'c' });
      // What was told of a child and of its own is kept until its end is told too.
      expect(watch.size).toBe(3);
    }
    told();
    expect(watch.size).toBe(1);
  });

  it('keeps nothing of an actor whose parent failed with it', async () => {
    const watch = new ActorWatch({ service: 's', wallNow: () => 5, changed: () => undefined });
    const task = fromPromise(() => Promise.reject(new Error('no')));
    const machine = setup({ actors: { task, child } }).createMachine({ id: 'm', invoke: [{ id: 'task', src: 'task' }, { id: 'child', src: 'child' }] });
    const actor = createActor(machine, {
      inspect: (event) => watch.next(event),
    });
    actor.subscribe({ error: () => undefined });
    actor.start();
    expect(watch.size).toBe(3);
    watch.changes();
    await settle();
    expect(watch.changes().map((record) => (record.type === 'actor' ? [record.machine, record.status] : []))).toEqual(expect.arrayContaining([['m', 'error'], ['child', 'stopped'], ['grandchild', 'stopped']]));
    expect(watch.size).toBe(0);
  });
});
