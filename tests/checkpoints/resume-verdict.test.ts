import { describe, expect, it } from '@jest/globals';
import { judgeResume, type Probe, type ResumeVerdict } from '../../src/checkpoints/resume-verdict.js';

const probe = (before: number, after: number): Probe => ({ before: [before, before], after: [after, after] });
const uninterrupted = probe(-2, -1.5);

describe('the verdict of a resume check', () => {
  it.each<[string, ResumeVerdict, Probe, Probe, RegExp]>([
    ['the same numbers', 'optimizer', probe(-2, -1.5), probe(-2, -1.8), /gives the very same numbers as without interruption, while a fresh optimizer is off by 0.3 nats\.$/],
    ['numbers close by', 'optimizer', probe(-2.001, -1.502), probe(-2.001, -1.8), /gives within 0.002 nats of the uninterrupted one/],
    ['those of a fresh optimizer', 'weightsOnly', probe(-2, -1.8), probe(-2, -1.8), /^Only the WEIGHTS came back: .* off by 0.3 nats, and a fresh optimizer is off by 0.3 nats\.$/],
    ['numbers in between', 'weightsOnly', probe(-2, -1.55), probe(-2, -1.8), /^Only the WEIGHTS/],
    ['a fresh adapter', 'nothing', probe(-4, -3.5), probe(-2, -1.8), /^NOTHING came back: the resumed model is 2 nats from/],
    ['an optimizer that comes unasked', 'unclear', probe(-2, -1.5), probe(-2, -1.5), /^Unclear: .* restores it unasked/],
    ['steps no larger than what rounding does', 'unclear', probe(-2.1, -1.6), probe(-2.1, -1.6), /^Unclear: .* too small/],
    ['other weights where they are all that is asked for', 'unclear', probe(-2, -1.5), probe(-3, -2.5), /^Unclear: .* cannot be compared/],
  ])('on %s is %s', (_, verdict, withOptimizer, weightsOnly, text) => {
    const found = judgeResume({ untrained: [-4, -4], uninterrupted, withOptimizer, weightsOnly });
    expect(found).toMatchObject({ verdict, holds: verdict === 'optimizer' });
    expect(found.text).toMatch(text);
  });

  it('is unclear where training does nothing', () => {
    const still = probe(-4, -4);
    const found = judgeResume({ untrained: [-4, -4], uninterrupted: still, withOptimizer: still, weightsOnly: still });
    expect([found.verdict, found.text]).toEqual(['unclear', expect.stringContaining('training changed nothing at all')]);
  });

  it('comes with losses and distances', () => {
    const found = judgeResume({ untrained: [-4, -4], uninterrupted, withOptimizer: uninterrupted, weightsOnly: { before: [-2, -2], after: [-1.5, -1.9] } });
    expect(found).toMatchObject({
      isExact: true,
      uninterrupted: { lossBefore: 2, lossAfter: 1.5, distanceBefore: 0, distanceAfter: 0 },
      weightsOnly: { lossBefore: 2, lossAfter: 1.7, distanceBefore: 0, distanceAfter: expect.closeTo(0.4 / Math.SQRT2, 9) as unknown },
    });
  });
});
