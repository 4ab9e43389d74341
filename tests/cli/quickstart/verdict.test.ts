import { describe, expect, it } from '@jest/globals';
import { compare, judge } from '../../../src/cli/quickstart/verdict.js';
import { curves, falling, plan } from './made-curves.js';

describe('compare', () => {
  it('finds no difference between equal numbers', () => {
    expect(compare(falling(1, 5), falling(2, 5), 2, 5)).toEqual({
      steps: 4, equal: 4, firstDifference: null, largestDifference: 0,
    });
  });

  it('sees a difference in the last bit', () => {
    const reference = [{ step: 1, loss: 1 }, { step: 2, loss: 0.3 }];
    const curve = [{ step: 1, loss: 1 }, { step: 2, loss: 0.1 + 0.2 }];
    expect(compare(reference, curve, 1, 2)).toEqual({
      steps: 2, equal: 1, firstDifference: 2, largestDifference: 0.1 + 0.2 - 0.3,
    });
  });

  it('counts a missing step as a difference of unknown size', () => {
    expect(compare(falling(1, 4), falling(2, 3), 2, 4)).toEqual({
      steps: 3, equal: 2, firstDifference: 4, largestDifference: NaN,
    });
  });

  it('counts a step missing from both curves as a difference', () => {
    expect(compare(falling(1, 3), falling(2, 3), 2, 4).firstDifference).toBe(4);
  });

  it('reports the largest difference, whatever its sign', () => {
    const curve = [{ step: 1, loss: 5.5 }, { step: 2, loss: 0.5 }];
    expect(compare(falling(1, 2), curve, 1, 2).largestDifference).toBe(3);
  });
});

describe('judge', () => {
  it('holds when resuming is exact and leaving the optimizer out is not', () => {
    expect(judge(curves, plan)).toEqual({
      holds: true,
      text: 'The resumed curve equals the uninterrupted one number for number (all 10 steps). '
        + 'The weights-only one does not (9 of 10 steps differ, by up to 0.25 nats).',
      interrupted: { steps: 12, equal: 12, firstDifference: null, largestDifference: 0 },
      resumed: { steps: 10, equal: 10, firstDifference: null, largestDifference: 0 },
      weightsOnly: { steps: 10, equal: 1, firstDifference: 12, largestDifference: 0.25 },
    });
  });

  it('does not hold when the resumed curve differs', () => {
    const verdict = judge({ ...curves, resumed: falling(11, 20, 0.5) }, plan);
    expect(verdict.holds).toBe(false);
    expect(verdict.text).toBe(
      'NOT equal: the curve resumed with the optimizer state differs from the uninterrupted one from step 11 on '
      + '(10 of 10 steps differ, by up to 0.5 nats). The checkpoint does not hold all that training needs.',
    );
  });

  it('does not hold when the resumed run ended early', () => {
    const verdict = judge({ ...curves, resumed: falling(11, 19) }, plan);
    expect(verdict.holds).toBe(false);
    expect(verdict.text).toContain('from step 20 on (1 of 10 steps differ)');
  });

  it('does not hold when the weights-only curve is equal too', () => {
    const verdict = judge({ ...curves, weightsOnly: falling(11, 20) }, plan);
    expect(verdict.holds).toBe(false);
    expect(verdict.text).toContain('the weights-only curve equals the uninterrupted one too');
  });

  it('blames the server when two equal runs differ before the crash', () => {
    const verdict = judge({ ...curves, interrupted: [...falling(1, 3), ...falling(4, 12, 1)] }, plan);
    expect(verdict.holds).toBe(false);
    expect(verdict.text).toContain('this server does not compute the same numbers twice');
    expect(verdict.text).toContain('from step 4 on (9 of 12 steps differ');
  });
});
