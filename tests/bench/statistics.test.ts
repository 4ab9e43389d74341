import { describe, expect, it } from '@jest/globals';

interface Statistics {
  median: (values: readonly number[]) => number;
  spread: (values: readonly number[]) => unknown;
  growth: (samples: readonly { rssMB: number }[]) => number;
  rotated: <T>(items: readonly T[], round: number) => T[];
}

// The benchmarks are plain modules, which the compiler does not read.
const path: string = '../../bench/driver/statistics.mjs';
const { median, spread, growth, rotated }: Statistics = await import(path);

describe('the statistics of the benchmarks', () => {
  it('take the middle of the values, or the mean of the two in the middle, in any order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([10])).toBe(10);
    expect(() => median([])).toThrow('no values');
  });

  it('sort by size and not as text', () => {
    expect(median([100, 9, 20])).toBe(20);
  });

  it('tell the lowest and the highest value beside the median', () => {
    expect(spread([3, 1, 8])).toEqual({ median: 3, low: 1, high: 8 });
  });

  it('see growth over the second half only, and no single peak', () => {
    const memory = (...values: number[]): { rssMB: number }[] => values.map((rssMB) => ({ rssMB }));
    expect(growth(memory(50, 80, 95, 99, 100, 100, 100, 100, 100, 100, 100, 100))).toBe(0);
    expect(growth(memory(100, 100, 100, 100, 100, 100, 100, 100, 100, 110, 110, 110))).toBeCloseTo(0.1);
    expect(growth(memory(100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 500, 100))).toBe(0);
  });

  it('let each client be first in its round', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
