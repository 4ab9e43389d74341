import { describe, expect, it } from '@jest/globals';
import { fingerprint } from '../../src/server/fingerprint.js';

describe('fingerprint', () => {
  it('is the same whatever the order of keys', () => {
    expect(fingerprint({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(fingerprint({ b: { d: 'x', c: [1, 2] }, a: 1 }));
  });

  it('takes a field that is undefined for absent', () => {
    expect(fingerprint({ a: 1, b: undefined })).toBe(fingerprint({ a: 1 }));
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: '1' }, { a: 1 }],
    [{ a: null }, {}],
    [{ a: [1, 23] }, { a: [12, 3] }],
    [{ a: 'x', b: 'y' }, { a: 'y', b: 'x' }],
    [{ 'a:': 1 }, { a: 1 }],
    [new Int32Array([1, 0]), new Int32Array([1])],
    [new Int32Array([0]), new Float32Array([0])],
    [new Float32Array([0.1]), new Float32Array([0.2])],
  ])('tells %j and %j apart', (left, right) => {
    expect(fingerprint(left)).not.toBe(fingerprint(right));
  });

  it('reads only the part of the memory that an array shows', () => {
    const whole = new Float32Array([1, 2, 3]);
    expect(fingerprint(whole.subarray(1, 2))).toBe(fingerprint(new Float32Array([2])));
  });
});
