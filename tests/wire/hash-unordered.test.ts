import { describe, expect, it } from '@jest/globals';
import { hashUnordered } from '../../src/wire/hash-unordered.js';

describe('hashUnordered', () => {
  it.each<[readonly number[], bigint]>([
    [[5], -7813438383599366905n],
    [[], 5740354900026072187n],
    [[0], -8753497827991233192n],
    [[0, 0], -8458139203682520985n],
    [[-2], 8078679518589016365n],
    [[1, 2, 3], 529344067295497451n],
    [[-7, -7, 4], -3463348564214570724n],
    [[2 ** 53], -6041923821307568808n],
    [[2 ** 61], -6644214454873602895n],
    [[1e300], -3450577862238526274n],
  ])('hashes %p as CPython hashes the tuple', (values, hash) => {
    expect(hashUnordered(values)).toBe(Number(hash));
  });

  it('takes -1 for -2, as CPython does', () => {
    expect(hashUnordered([-1])).toBe(Number(8078679518589016365n));
  });

  it('replaces the one hash that CPython keeps for errors', () => {
    expect(hashUnordered([110, 396488726932217])).toBe(1546275796);
  });

  it('does not mind the order, and drops fractions towards zero', () => {
    expect(hashUnordered([3, 1, 2])).toBe(hashUnordered([1, 2, 3]));
    expect(hashUnordered([4, -7, -7])).toBe(hashUnordered([-7, -7, 4]));
    expect(hashUnordered([5.9])).toBe(hashUnordered([5]));
    expect(hashUnordered([-2.9])).toBe(hashUnordered([-2]));
    expect(hashUnordered([-0.5])).toBe(hashUnordered([0]));
    expect(hashUnordered([1, 2])).not.toBe(hashUnordered([1, 3]));
  });

  it.each([[Number.NaN], [Infinity], [-Infinity]])('is no number where a value is %p', (value) => {
    expect(hashUnordered([1, value])).toBeNaN();
  });
});
