import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import { Integer } from '../../src/types/ids.js';
import { constant, field, filled, message, optional } from '../../src/types/message.js';
import { assertDecodes, assertRejects, assertStandsFor, untyped } from '../support/codec.js';

const Inner = message('Inner', { deepName: field('deep_name', t.string) });
const Sample = message('Sample', {
  firstName: field('first_name', t.string),
  seqId: optional('seq_id', Integer),
  isOpen: filled('is_open', t.boolean, false),
  inner: optional('inner', Inner),
  type: constant('type', 'sample'),
});

describe('message', () => {
  it('writes the fields under their wire names, in the order in which they stand', () => {
    assertStandsFor(
      Sample,
      { firstName: 'a', seqId: 3, isOpen: true, inner: { deepName: 'b' }, type: 'sample' },
      '{"first_name":"a","seq_id":3,"is_open":true,"inner":{"deep_name":"b"},"type":"sample"}',
    );
  });

  it('leaves out what is absent and sends defaults and constants always', () => {
    assertStandsFor(Sample, Sample.make({ firstName: 'a' }), '{"first_name":"a","is_open":false,"type":"sample"}');
    const wire = Sample.encode({ firstName: 'a', seqId: undefined, isOpen: false, type: 'sample' });
    expect(Object.keys(wire)).toEqual(['first_name', 'is_open', 'type']);
  });

  it('sends zero, false and empty text, which are not absent', () => {
    expect(Sample.encode(Sample.make({ firstName: '', seqId: 0, isOpen: false }))).toEqual({ first_name: '', seq_id: 0, is_open: false, type: 'sample' });
  });

  it('reads null as absent where a field may be absent', () => {
    assertDecodes(Sample, { first_name: 'a', seq_id: null, is_open: null, inner: null, type: null }, { firstName: 'a', isOpen: false, type: 'sample' });
  });

  it('refuses null where a field must be there', () => {
    assertRejects(Sample, { first_name: null }, 'first_name: got null, expected string');
    assertRejects(Sample, {}, 'first_name: got undefined, expected string');
  });

  it('ignores unknown fields', () => {
    assertDecodes(Sample, { first_name: 'a', future_id: 5, status: 'pending' }, { firstName: 'a', isOpen: false, type: 'sample' });
  });

  it('names every wrong field by its wire name', () => {
    assertRejects(
      Sample,
      { first_name: 1, seq_id: 1.5, inner: { deep_name: 2 }, type: 'other' },
      'first_name: got 1, expected string; seq_id: got 1.5, expected a whole number; inner.deep_name: got 2, expected string; type: got "other", expected "sample"',
    );
  });

  it.each([[[]], ['text'], [null]])('refuses %p, which is no object', (value: unknown) => {
    expect(Sample.decode(value)._tag).toBe('Left');
  });

  it('refuses a missing field even of a type that takes anything', () => {
    const Anything = message('Anything', { said: field('said', t.unknown) });
    assertDecodes(Anything, { said: null }, { said: null });
    assertRejects(Anything, {}, 'the body: got an object, expected Anything');
  });

  it('tells its own messages from others', () => {
    const whole = { firstName: 'a', isOpen: false, type: 'sample' };
    expect([whole, { ...whole, seqId: 1 }, { ...whole, seqId: 'x' }, { ...whole, isOpen: undefined }, { first_name: 'a' }, null].map((value) => Sample.is(value))).toEqual([
      true, true, false, false, false, false,
    ]);
  });
});

describe('make', () => {
  it('fills in defaults and constants and leaves absent fields absent', () => {
    expect(Sample.make({ firstName: 'a', inner: undefined })).toStrictEqual({ firstName: 'a', isOpen: false, type: 'sample' });
  });

  it('names the fields that are missing or wrong', () => {
    const make = untyped((input: never) => Sample.make(input));
    expect(() => make({ seqId: 'x', isOpen: 1 })).toThrow(new TypeError('Sample: missing or of the wrong type: firstName, seqId, isOpen'));
  });
});
