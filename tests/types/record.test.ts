import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import { Integer } from '../../src/types/ids.js';
import { recordOf } from '../../src/types/record.js';
import { assertDecodes, assertRejects, rightOf } from '../support/codec.js';

const Counts = recordOf(Integer, 'Counts');

describe('recordOf', () => {
  it('decodes every value under its name', () => {
    assertDecodes(Counts, {}, {});
    assertDecodes(Counts, { a: 1, 'b:sum': 2 }, { a: 1, 'b:sum': 2 });
  });

  it('names every wrong value', () => {
    assertRejects(Counts, { a: 1, b: 'x', c: null }, 'b: got "x", expected a whole number; c: got null, expected a whole number');
  });

  it.each([[null], [[1]], ['text'], [undefined]])('refuses %p', (value: unknown) => {
    assertRejects(Counts, value, `the body: got ${value === 'text' ? '"text"' : Array.isArray(value) ? 'an array of 1' : String(value)}, expected an object`);
  });

  it('keeps a field named __proto__ both ways, without touching any prototype', () => {
    const Texts = recordOf(t.string, 'Texts');
    const wire: unknown = JSON.parse('{"__proto__": "kept", "constructor": "kept too"}');
    const decoded = rightOf(Texts.decode(wire));
    expect(Object.entries(decoded)).toEqual([['__proto__', 'kept'], ['constructor', 'kept too']]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(JSON.stringify(Texts.encode(decoded))).toBe('{"__proto__":"kept","constructor":"kept too"}');
    expect(Reflect.get({}, 'kept')).toBeUndefined();
  });

  it('tells a record by all its values', () => {
    expect([{}, { a: 1 }, { a: 1, b: 'x' }, [1], null].map((value) => Counts.is(value))).toEqual([true, true, false, false, false]);
  });
});
