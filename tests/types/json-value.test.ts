import { describe, expect, it } from '@jest/globals';
import { checkJson } from '../../src/types/json-value.js';
import { assertRefuses } from '../support/codec.js';

const allowed = 'what JSON can carry: text, a finite number, true, false, null, an array or a plain object';

describe('checkJson', () => {
  it('takes whatever goes through JSON unchanged', () => {
    const value = { text: '', number: -1.5, yes: true, no: false, none: null, list: [1, [2, { a: [] }]], nested: { deep: {} }, absent: undefined };
    expect(() => checkJson('facts', value)).not.toThrow();
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  it.each([
    ['a BigInt, which makes JSON throw', 1n, '1n'],
    ['NaN, which becomes null', Number.NaN, 'NaN'],
    ['an infinity, which becomes null', -Infinity, '-Infinity'],
    ['a function, which disappears', () => 1, 'a function'],
    ['a date, which becomes text', new Date(0), 'an object'],
    ['a map, which becomes empty', new Map([['a', 1]]), 'an object'],
    ['a typed array, which becomes an object', new Float32Array(2), 'Float32Array'],
    ['a symbol, which disappears', Symbol('s'), 'Symbol(s)'],
  ])('refuses %s', (_, value: unknown, picture) => {
    assertRefuses(() => checkJson('facts', { list: [0, { bad: value }] }), 'facts.list[1].bad', `facts.list[1].bad: got ${picture}, expected ${allowed}`);
  });

  it('refuses undefined in an array, where it would become null', () => {
    assertRefuses(() => checkJson('facts', { list: [undefined] }), 'facts.list[0]', `facts.list[0]: got undefined, expected ${allowed}`);
  });

  it('refuses what holds itself instead of running for ever', () => {
    const knot: Record<string, unknown> = {};
    knot['me'] = knot;
    const at = `facts${'.me'.repeat(33)}`;
    assertRefuses(() => checkJson('facts', knot), at, `${at}: got an object, expected a value of at most 32 levels that does not hold itself`);
  });

  it('takes 32 levels', () => {
    let value: unknown = 'leaf';
    for (let level = 0; level < 32; level += 1) value = [value];
    expect(() => checkJson('facts', value)).not.toThrow();
    assertRefuses(() => checkJson('facts', [value]), `facts${'[0]'.repeat(33)}`, `facts${'[0]'.repeat(33)}: got "leaf", expected a value of at most 32 levels that does not hold itself`);
  });
});
