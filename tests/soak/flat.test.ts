import { describe, expect, it } from '@jest/globals';

interface Point {
  at: number;
  value: number;
}
interface Bound {
  growth: number;
  step: number;
}
interface Verdict {
  flat: boolean;
  slope: number;
  growth: number;
  first: number;
  second: number;
}

const flatPath: string = '../../soak/measure/flat.mjs';
const seriesPath: string = '../../soak/measure/series.mjs';
const { judge }: { judge: (points: readonly Point[], bound: Bound) => Verdict } = await import(flatPath);
const { boundOf }: { boundOf: (name: string, operations: number) => Bound } = await import(seriesPath);

const operations = 30_000;
const counts = boundOf('actors', operations);
const heap = boundOf('heapUsed', operations);

/** Fifty samples of a run; noise that is the same every time. */
function run(value: (at: number, index: number) => number): Point[] {
  return Array.from({ length: 51 }, (_, index) => {
    const at = (index * operations) / 50;
    return { at, value: value(at, index) };
  });
}

const flutter = (index: number) => ((index * 7919) % 13) / 13;

describe('a series of a soak', () => {
  it('is flat where it flutters, whatever came before the first quarter', () => {
    expect(judge(run((_, index) => 5 + (index % 3)), counts).flat).toBe(true);
    expect(judge(run((at, index) => 20_000_000 + 300_000 * flutter(index) - (at < 7_000 ? 6_000_000 : 0)), heap).flat).toBe(true);
  });

  it('grows by one listener in a thousand operations', () => {
    const verdict = judge(run((at, index) => Math.floor(at / 1000) + (index % 2)), counts);
    expect(verdict.flat).toBe(false);
    expect(verdict.slope).toBeCloseTo(0.001, 4);
    expect(verdict.growth).toBeCloseTo(22.5, 0);
  });

  it('grows by 200 bytes an operation', () => {
    expect(judge(run((at, index) => 20_000_000 + 300_000 * flutter(index) + 200 * at), heap).flat).toBe(false);
  });

  it('grows where the most of its second half is above that of its first', () => {
    const once = run((_, index) => (index === 45 ? 20 : 5));
    expect(judge(once, counts)).toMatchObject({ flat: false, first: 5, second: 20 });
  });

  it('may shrink', () => {
    expect(judge(run((at) => 100 - at / 1000), counts).flat).toBe(true);
  });
});
