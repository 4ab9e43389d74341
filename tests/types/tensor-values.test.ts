import { describe, expect, it } from '@jest/globals';
import { elementName, nested, product } from '../../src/types/tensor-values.js';

describe('elementName', () => {
  it('says where a flat index stands', () => {
    expect(elementName([5], 3)).toBe('[3]');
    expect(elementName([2, 3], 0)).toBe('[0][0]');
    expect(elementName([2, 3], 5)).toBe('[1][2]');
    expect(elementName([], 0)).toBe('[0]');
    expect(elementName([2, 3, 4], 7)).toBe('[0][1][3]');
    expect(elementName([2, 3, 4], 23)).toBe('[1][2][3]');
  });
});

describe('product', () => {
  it('counts the elements of a shape', () => {
    expect([[], [4], [2, 3], [5, 0]].map(product)).toEqual([1, 4, 6, 0]);
  });
});

describe('nested', () => {
  it('puts numbers into arrays of arrays', () => {
    expect(nested([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])).toEqual([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
    expect(nested([1, 2], [2])).toEqual([1, 2]);
    expect(nested([], [2, 0])).toEqual([[], []]);
    expect(nested([5], [])).toBe(5);
  });
});
