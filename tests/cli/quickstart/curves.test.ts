import { describe, expect, it } from '@jest/globals';
import { fewestSteps, planFor } from '../../../src/cli/quickstart/curves.js';

describe('planFor', () => {
  it('saves half-way and loses a tenth of the run', () => {
    expect(planFor(80)).toEqual({ steps: 80, saveAfter: 40, killAfter: 48 });
  });

  it('loses at least one step', () => {
    expect(planFor(7)).toEqual({ steps: 7, saveAfter: 3, killAfter: 4 });
  });

  it('leaves a step to be killed in, and one that can differ, in the shortest run', () => {
    const { steps, saveAfter, killAfter } = planFor(fewestSteps);
    expect(killAfter).toBeLessThan(steps);
    expect(saveAfter + 2).toBeLessThanOrEqual(steps);
  });
});
