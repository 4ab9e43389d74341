import { describe, expect, it } from '@jest/globals';
import type { ChartTransition, MachineChart } from '../../../src/inspection/records.js';
import { anywhere, drawnEdges, isWithin, nameOf, parentOf, standingEvents } from '../../../src/inspector/model/chart-edges.js';

const chartOf = (...transitions: readonly ChartTransition[]): MachineChart => ({ id: 'made', states: [], transitions });
const endsOf = (chart: MachineChart) => drawnEdges(chart).map(({ parent, from, to }) => ({ parent, from, to }));

describe('places of states', () => {
  it('have a parent and a name', () => {
    expect([parentOf('alive.pulse.resting'), nameOf('alive.pulse.resting')]).toEqual(['alive.pulse', 'resting']);
    expect([parentOf('idle'), nameOf('idle')]).toEqual(['', 'idle']);
  });

  it('lie within themselves, their parents and the root, and not within namesakes', () => {
    expect([isWithin('a.b', 'a'), isWithin('a', 'a'), isWithin('a', ''), isWithin('ab', 'a'), isWithin('a', 'a.b')]).toEqual([true, true, true, false, false]);
  });
});

describe('drawnEdges', () => {
  it('shares an arrow between transitions of the same two states', () => {
    const one = { from: 'a', to: ['b'], event: 'one' };
    const two = { from: 'a', to: ['b'], event: 'two', guard: 'sure' };
    const back = { from: 'b', to: ['a'], event: 'back' };
    expect(drawnEdges(chartOf(one, back, two)).map(({ transitions }) => transitions)).toEqual([[one, two], [back]]);
  });

  it('draws transitions of the root from anywhere', () => {
    expect(endsOf(chartOf({ from: '', to: ['stopped'], event: 'stop' }))).toEqual([{ parent: '', from: anywhere, to: 'stopped' }]);
  });

  it('lifts the ends to where they are siblings', () => {
    expect(endsOf(chartOf({ from: 'alive.pulse.asking', to: ['lost'], event: 'e' }))).toEqual([{ parent: '', from: 'alive', to: 'lost' }]);
    expect(endsOf(chartOf({ from: 'a.b.c', to: ['a.d.e'], event: 'e' }))).toEqual([{ parent: 'a', from: 'a.b', to: 'a.d' }]);
  });

  it('draws a way into or out of itself at the outer state', () => {
    expect(endsOf(chartOf({ from: 'a.b', to: ['a'], event: 'e' }))).toEqual([{ parent: '', from: 'a', to: 'a' }]);
    expect(endsOf(chartOf({ from: 'a.b', to: ['a.b.c'], event: 'e' }))).toEqual([{ parent: 'a', from: 'a.b', to: 'a.b' }]);
  });

  it('leaves out what changes no state', () => {
    expect(endsOf(chartOf({ from: '', to: [], event: 'noted' }, { from: 'a', to: [], event: 'noted' }, { from: 'a', to: ['a'], event: 'again' }))).toEqual([]);
  });
});

describe('standingEvents', () => {
  it('lists by state what changes no state', () => {
    const noted = { from: '', to: [], event: 'noted' };
    const heard = { from: '', to: [], event: 'heard' };
    const again = { from: 'a', to: ['a'], event: 'again' };
    expect(standingEvents(chartOf(noted, again, { from: 'a', to: ['b'], event: 'go' }, heard))).toEqual([
      { state: '', transitions: [noted, heard] },
      { state: 'a', transitions: [again] },
    ]);
  });
});
