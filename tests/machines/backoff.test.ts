import { describe, expect, it } from '@jest/globals';
import { notYetPauseMs, resendPauseMs, unreachablePauseMs } from '../../src/machines/backoff.js';

const counts = [1, 2, 3, 4, 5, 6, 7, 8, 2_000];

describe('resendPauseMs', () => {
  it('doubles from 0.5 s to 10 s', () => {
    expect(counts.map((failures) => resendPauseMs(failures, 0))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000]);
  });

  it('is less by up to a quarter', () => {
    expect([0, 0.25, 0.5, 1].map((jitter) => resendPauseMs(2, jitter))).toEqual([1_000, 937.5, 875, 750]);
  });

  it('is what the server asked for, without jitter', () => {
    expect(resendPauseMs(9, 0.9, 123)).toBe(123);
  });
});

describe('unreachablePauseMs', () => {
  it('doubles from 0.5 s to 30 s', () => {
    expect(counts.map((failures) => unreachablePauseMs(failures, 0))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is less by up to a quarter', () => {
    expect(unreachablePauseMs(20, 0.5)).toBe(26_250);
  });

  it('is what the server asked for, without jitter', () => {
    expect(unreachablePauseMs(1, 0.9, 60_000)).toBe(60_000);
  });
});

describe('notYetPauseMs', () => {
  it('doubles from 20 ms to 1 s', () => {
    expect(counts.map(notYetPauseMs)).toEqual([20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
  });
});
