import { describe, expect, it } from '@jest/globals';
import { activeStates, leftAndEntered, sameStates } from '../../src/inspection/actor-states.js';

describe('activeStates', () => {
  it('gives the innermost states with their places', () => {
    expect(activeStates('idle')).toEqual(['idle']);
    expect(activeStates({ alive: { pulse: 'resting', condition: 'beating' } })).toEqual(['alive.pulse.resting', 'alive.condition.beating']);
    expect(activeStates({ one: {}, two: undefined, three: { four: {} } })).toEqual(['one', 'two', 'three.four']);
    expect(activeStates({})).toEqual([]);
  });
});

describe('sameStates', () => {
  it('compares states, not objects', () => {
    expect(sameStates({ a: 'b' }, { a: 'b' })).toBe(true);
    expect(sameStates({ a: 'b' }, { a: 'c' })).toBe(false);
    expect(sameStates('a', 'b')).toBe(false);
    expect(sameStates('a', { a: 'b' })).toBe(false);
  });
});

describe('leftAndEntered', () => {
  it('leaves out what stays, unless all stays', () => {
    expect(leftAndEntered({ a: 'b', c: 'd' }, { a: 'x', c: 'd' })).toEqual({ from: ['a.b'], to: ['a.x'] });
    expect(leftAndEntered('a', { b: 'c' })).toEqual({ from: ['a'], to: ['b.c'] });
    expect(leftAndEntered('a', 'a')).toEqual({ from: ['a'], to: ['a'] });
  });
});
