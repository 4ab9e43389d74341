import { describe, expect, it } from '@jest/globals';
import { describeExperiment, jsonReport, textReport } from '../../../src/cli/quickstart/report.js';
import type { Experiment, Measured } from '../../../src/cli/quickstart/run.js';
import { judge } from '../../../src/cli/quickstart/verdict.js';
import { curves, plan } from './made-curves.js';

const experiment: Experiment = {
  baseModel: 'local/tiny', rank: 4, seed: 1, learningRate: 0.005, text: '/t/text.txt', batchSize: 8, sequenceLength: 64, steps: 20,
};
const measured: Measured = {
  plan, curves, checkpoint: 'tinker://run/weights/step-0010',
  timings: [{ part: 'start the local server', seconds: 1.26 }, { part: 'train', seconds: 20 }],
};
const files = { chart: '/home/me/quickstart-out/loss.svg', serverData: '/home/me/quickstart-out/server-data' };

describe('describeExperiment', () => {
  it('names model, rank, size, learning rate and seed', () => {
    expect(describeExperiment(experiment)).toBe('local/tiny, LoRA rank 4, 20 steps of 8 × 64 tokens, learning rate 0.005, seed 1');
  });
});

describe('textReport', () => {
  const look = { columns: 80, color: false, directory: '/home/me' };

  it('shows chart, table, files and times', () => {
    const text = textReport(measured, files, look);
    expect(text).toContain('loss (nats per token)\n');
    expect(text).toContain('│ step │');
    expect(text.split('\n').slice(-7)).toEqual([
      'Chart        quickstart-out/loss.svg',
      'Server data  quickstart-out/server-data',
      'Checkpoint   tinker://run/weights/step-0010',
      '',
      '   1.3 s  start the local server',
      '  20.0 s  train',
      '  21.3 s  in all',
    ]);
  });

  it('names no server data when the server is not ours', () => {
    expect(textReport(measured, { chart: files.chart }, look)).not.toContain('Server data');
  });
});

describe('jsonReport', () => {
  it('holds everything, with losses that read back as the same numbers', () => {
    const verdict = judge(curves, plan);
    expect(JSON.parse(jsonReport(experiment, measured, files, verdict, 'local'))).toEqual({
      config: { server: 'local', ...experiment, plan },
      curves, verdict, checkpoint: measured.checkpoint, timings: measured.timings, files,
    });
  });
});
