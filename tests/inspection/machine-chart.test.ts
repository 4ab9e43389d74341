import { describe, expect, it } from '@jest/globals';
import { and, createMachine, fromPromise, not, or, setup, stateIn, type AnyStateMachine } from 'xstate';
import { machineChart } from '../../src/inspection/machine-chart.js';

/** Transitions as lines: where from, where to, by what event, under which guard. */
function lines(machine: AnyStateMachine): readonly string[] {
  return machineChart(machine).transitions.map(({ from, to, event, guard }) => `${from} > ${to.join(' + ')}: ${event}${guard === undefined ? '' : ` if ${guard}`}`);
}

describe('machineChart', () => {
  it('names every state with its kind, and which ones a machine begins in', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'working',
      states: {
        working: {
          type: 'parallel',
          states: { one: { initial: 'a', states: { a: {}, b: {}, back: { type: 'history' } } }, two: {}, before: { type: 'history' } },
        },
        over: { type: 'final' },
      },
    });
    const { id, states } = machineChart(machine);
    expect(id).toBe('m');
    expect(states).toEqual([
      { path: 'working', type: 'parallel', initial: true, invokes: [] },
      { path: 'working.one', type: 'compound', initial: true, invokes: [] },
      { path: 'working.one.a', type: 'atomic', initial: true, invokes: [] },
      { path: 'working.one.b', type: 'atomic', initial: false, invokes: [] },
      { path: 'working.one.back', type: 'history', initial: false, invokes: [] },
      { path: 'working.two', type: 'atomic', initial: true, invokes: [] },
      { path: 'working.before', type: 'history', initial: false, invokes: [] },
      { path: 'over', type: 'final', initial: false, invokes: [] },
    ]);
  });

  it('has nothing to say of a machine without states', () => {
    expect(machineChart(createMachine({ id: 'm' }))).toEqual({ id: 'm', states: [], transitions: [] });
  });

  it('keeps several alternatives of an event apart, in their order', () => {
    const machine = setup({ guards: { 'is hot': () => true, 'is cold': () => true } }).createMachine({
      initial: 'a',
      states: { a: { on: { go: [{ guard: 'is hot', target: 'b' }, { guard: { type: 'is cold' }, target: 'c' }, { actions: () => undefined }] } }, b: {}, c: {} },
    });
    expect(lines(machine)).toEqual(['a > b: go if is hot', 'a > c: go if is cold', 'a > : go']);
  });

  it('has what the root does from wherever the machine is, wildcards, and several targets', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      on: { reset: '#m', 'mouse.*': '.a', '*': { actions: () => undefined }, none: {} },
      states: { a: { on: { split: { target: ['.one.y', '.two.y'] } }, type: 'parallel', states: { one: { initial: 'x', states: { x: {}, y: {} } }, two: { initial: 'x', states: { x: {}, y: {} } } } } },
    });
    expect(lines(machine)).toEqual([' > a: reset', ' > a: mouse.*', ' > : *', ' > : none', 'a > a.one.y + a.two.y: split']);
  });

  it('calls delays by their names and lengths, and what waits for nothing always', () => {
    const machine = setup({ delays: { 'long pause': 9 } }).createMachine({
      initial: 'a',
      states: { a: { after: { 'long pause': 'b', 5000: 'b' }, always: [{ guard: () => false, target: 'b' }, { target: 'b' }] }, b: {} },
    });
    expect(lines(machine)).toEqual(['a > b: after 5000 ms', 'a > b: after long pause', 'a > b: always if a condition', 'a > b: always']);
  });

  it('calls the ends of actors by the names of the actors', () => {
    const task = fromPromise(() => Promise.resolve());
    const machine = setup({ actors: { poll: task } }).createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          invoke: [
            { id: 'first.poll', src: 'poll', onDone: 'b', onError: 'c', onSnapshot: {} },
            { src: 'poll', onDone: 'c', onError: 'b' },
            { src: task, onDone: 'b' },
          ],
        },
        b: {},
        c: { on: { 'xstate.done.actor.spawned': 'b' } },
      },
    });
    expect(machineChart(machine).states[0]?.invokes).toEqual(['first.poll', 'poll', 'actor']);
    expect(lines(machine)).toEqual([
      'a > b: first.poll done',
      'a > c: first.poll failed',
      'a > : first.poll changed',
      'a > c: poll done',
      'a > b: poll failed',
      'a > b: actor done',
      'c > b: spawned done',
    ]);
  });

  it('calls the end of a state by its name', () => {
    const inside = { initial: 'x', states: { x: { type: 'final' } } } as const;
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: { ...inside, onDone: 'b' }, b: { id: 'own', ...inside, onDone: 'a' } } });
    expect(lines(machine)).toEqual(['a > b: a done', 'b > a: b done']);
  });

  it('says guards made of guards in words', () => {
    const isLate = () => true;
    const machine = setup({ guards: { one: () => true, two: () => true } }).createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          on: {
            go: [
              { guard: not('one'), target: 'b' },
              { guard: and(['one', not('two')]), target: 'b' },
              { guard: not(or(['one', { type: 'two' }])), target: 'b' },
              { guard: and([or(['one', 'two']), not(and(['one', 'two']))]), target: 'b' },
              { guard: stateIn('#m.a'), target: 'b' },
              { guard: stateIn({ b: { c: 'd' } }), target: 'b' },
              { guard: isLate, target: 'b' },
              { guard: () => true, target: 'b' },
            ],
          },
        },
        b: {},
      },
    });
    expect(machineChart(machine).transitions.map(({ guard }) => guard)).toEqual([
      'not one',
      'one and not two',
      'not (one or two)',
      '(one or two) and not (one and two)',
      'in #m.a',
      'in b.c.d',
      'isLate',
      'a condition',
    ]);
  });
});
