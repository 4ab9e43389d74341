import { describe, expect, it } from '@jest/globals';
import { clockText, countText, describeOperation, durationText, relativeText, seqText, sizeText, statusText } from '../../../src/inspector/model/timeline-text.js';
import { operationOf } from '../../support/inspection/operation-of.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe('texts of a timeline', () => {
  it.each([
    [0, '0 ms'], [-5, '0 ms'], [0.42, '0.4 ms'], [38.2, '38 ms'], [999.4, '999 ms'], [999.6, '1.00 s'], [2310, '2.31 s'], [9994, '9.99 s'], [12_340, '12.3 s'],
    [59_960, '1 min'], [80 * second, '1 min 20 s'], [65 * second, '1 min 05 s'], [hour, '1 h'], [hour + 5 * minute, '1 h 05 min'], [52 * hour, '2 d 4 h'],
  ])('says %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it.each([
    [0, minute, '0'], [250, 50, '+250 ms'], [-250, 50, '−250 ms'], [4500, 500, '+4.5 s'], [4000, 1000, '+4 s'], [hour + 20 * minute, 10 * minute, '+1 h 20 min'],
    [2 * minute + 5 * second, 5 * second, '+2 min 5 s'], [2 * minute, 5 * second, '+2 min'], [2 * minute, 500, '+2 min 0.0 s'], [26 * hour, hour, '+1 d 2 h'], [12_345, 1, '+12.345 s'],
  ])('says %d ms from the beginning, with ticks every %d ms, as %s', (ms, step, text) => {
    expect(relativeText(ms, step)).toBe(text);
  });

  it('says the time of day as exactly as its ticks are apart', () => {
    const moment = new Date(2026, 2, 7, 9, 5, 3, 42).getTime();
    expect([1, second, minute, 24 * hour].map((step) => clockText(moment, step))).toEqual(['09:05:03.042', '09:05:03', '09:05', '2026-03-07']);
  });

  it('says sizes, counts and numbers', () => {
    expect([512, 18_400, 999_900, 1_200_000, 402_653_184, 5e15].map(sizeText)).toEqual(['512 B', '18.4 kB', '1000 kB', '1.20 MB', '403 MB', '5000 TB']);
    expect([0, 1, 10_000].map(countText)).toEqual(['0 operations', '1 operation', '10,000 operations']);
    expect([undefined, [], [12], [12, 13, 14]].map((seqIds) => seqText(operationOf(seqIds === undefined ? {} : { seqIds })))).toEqual(['', '', '#12', '#12–14']);
  });

  it('says how an operation is', () => {
    expect(statusText(operationOf({ calledAt: 0, endedAt: 2310 }), 0)).toBe('done in 2.31 s');
    expect(statusText(operationOf({ calledAt: 0, endedAt: 1200, status: 'failed' }), 0)).toBe('failed after 1.20 s');
    expect(statusText(operationOf({ calledAt: 0, phases: [{ name: 'waiting', ms: 500 }] }), 5000)).toBe('at the server for 4.50 s');
    expect(statusText(operationOf({ calledAt: 0 }), 5000)).toBe('queued for 5.00 s');
    expect(statusText(operationOf({ calledAt: 0, status: 'failed' }), 5000)).toBe('wedged for 5.00 s: retry() or skip() decides');
  });

  it('describes an operation in sentences', () => {
    const operation = operationOf({
      calledAt: 0, endedAt: 3000, status: 'failed', seqIds: [7],
      phases: [{ name: 'sending', ms: 0 }, { name: 'paused', ms: 1000, reason: 'rate limit' }, { name: 'waiting', ms: 2000 }],
      marks: [{ name: 'sent again', ms: 500, why: 'ECONNRESET' }],
      error: { kind: 'requestFailed', message: 'Too long.' },
    });
    expect(describeOperation(operation, 0)).toBe(
      'forwardBackward #7, failed after 3.00 s. sending 1.00 s, held by the server 1.00 s, at the server 1.00 s. Held because: rate limit. sent again: ECONNRESET. requestFailed: Too long.',
    );
    expect(describeOperation(operationOf({ calledAt: 0, endedAt: 5, phases: [{ name: 'sending', ms: 0 }] }), 0)).toBe('forwardBackward, done in 5 ms. sending 5 ms.');
  });
});
