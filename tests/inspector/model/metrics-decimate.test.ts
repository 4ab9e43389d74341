import { describe, expect, it } from '@jest/globals';
import { decimated, mostPoints } from '../../../src/inspector/model/metrics-decimate.js';
import { frameOf, pointsWithin, wholeRange } from '../../../src/inspector/model/metrics-frame.js';
import type { MetricPoint } from '../../../src/inspector/model/metrics-series.js';

const curve = (count: number, valueAt: (step: number) => number | undefined): MetricPoint[] =>
  Array.from({ length: count }, (_, index) => ({ step: index + 1, value: valueAt(index + 1) }));

describe('decimated', () => {
  it('leaves curves alone that are short enough', () => {
    const points = curve(mostPoints, (step) => step);
    expect(decimated(points, 10)).toBe(points);
    expect(decimated([], 10)).toEqual([]);
  });

  it('keeps the first and the last point, every spike, and the order', () => {
    const points = curve(50_000, (step) => (step === 31_417 ? 1000 : step === 7_001 ? -1000 : Math.sin(step)));
    const kept = decimated(points, 500);
    const steps = kept.map(({ step }) => step);
    expect(kept.length).toBeLessThanOrEqual(500 * 4);
    expect([steps[0], steps.at(-1)]).toEqual([1, 50_000]);
    expect(kept).toContainEqual({ step: 31_417, value: 1000 });
    expect(kept).toContainEqual({ step: 7_001, value: -1000 });
    expect(steps).toEqual([...new Set(steps)].toSorted((one, other) => one - other));
  });

  it('keeps the extremes of every bucket', () => {
    const points = curve(10_000, (step) => (step * 7919) % 1009);
    const kept = decimated(points, 100);
    for (let bucket = 0; bucket < 100; bucket += 1) {
      const within = ({ step }: MetricPoint) => step > bucket * 100 && step <= (bucket + 1) * 100;
      const [all, some] = [points, kept].map((list) => list.filter(within).map(({ value = 0 }) => value));
      expect([Math.min(...(some ?? [])), Math.max(...(some ?? []))]).toEqual([Math.min(...(all ?? [])), Math.max(...(all ?? []))]);
    }
  });

  it('keeps gaps', () => {
    const points = curve(20_000, (step) => (step === 12_345 ? undefined : 1));
    expect(decimated(points, 100)).toContainEqual({ step: 12_345, value: undefined });
  });
});

describe('frames', () => {
  it('put curves upon common steps, gaps apart from points of other curves', () => {
    const one = [{ step: 1, value: 5 }, { step: 2, value: undefined }, { step: 3, value: 6 }];
    const other = [{ step: 3, value: 9 }, { step: 10, value: 8 }];
    expect(frameOf([one, other])).toEqual([[1, 2, 3, 10], [5, null, 6, undefined], [undefined, undefined, 9, 8]]);
  });

  it('show a range with one more point at either side', () => {
    const points = curve(10, (step) => step);
    const steps = (range?: { from: number; to: number }) => pointsWithin(points, range).map(({ step }) => step);
    expect(steps({ from: 3.5, to: 5.5 })).toEqual([3, 4, 5, 6]);
    expect(steps({ from: 1, to: 2 })).toEqual([1, 2, 3]);
    expect(steps({ from: 50, to: 60 })).toEqual([10]);
    expect(steps()).toHaveLength(10);
  });

  it('span all curves, and more than a point', () => {
    expect(wholeRange([curve(5, () => 1), [{ step: 9, value: 1 }]])).toEqual({ from: 1, to: 9 });
    expect(wholeRange([[{ step: 4, value: 1 }]])).toEqual({ from: 3, to: 5 });
    expect(wholeRange([])).toEqual({ from: 0, to: 1 });
  });
});
