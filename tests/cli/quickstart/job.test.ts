import { describe, expect, it } from '@jest/globals';
import { argumentsOf, type TrainerJob } from '../../../src/cli/quickstart/job.js';

const job: TrainerJob = {
  baseModel: 'local/tiny', rank: 4, seed: 0, learningRate: 1e-7, text: '-odd name.txt', batchSize: 8, sequenceLength: 64,
  firstStep: 1, lastStep: 20,
};

describe('argumentsOf', () => {
  it('writes a run from nothing', () => {
    expect(argumentsOf({ ...job, saveAfter: 10 })).toEqual([
      '--base-model', 'local/tiny', '--rank', '4', '--seed=0', '--learning-rate', '1e-7', '--text=-odd name.txt',
      '--batch-size', '8', '--sequence-length', '64', '--first-step', '1', '--last-step', '20', '--save-after', '10',
    ]);
  });

  it('writes a resumed run', () => {
    expect(argumentsOf({ ...job, firstStep: 11, resumeFrom: 'tinker://a/weights/b' }).slice(-6)).toEqual([
      '--first-step', '11', '--last-step', '20', '--resume-from', 'tinker://a/weights/b',
    ]);
    expect(argumentsOf({ ...job, resumeFrom: 'tinker://a/weights/b', withOptimizer: true }).at(-1)).toBe('--with-optimizer');
  });
});
