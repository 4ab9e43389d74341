import { describe, expect, it } from '@jest/globals';
import { cancelledError, futureId, futureIds, takeNext, withoutInFlight, type TrainingContext } from '../../src/machines/training-context.js';
import { lineOf, operation } from '../support/training-machine.js';

const context: TrainingContext = {
  modelId: 'm',
  requestPolicy: { attemptTimeoutMs: 1, deadlineMs: 1, billingDeadlineMs: 1 },
  futurePolicy: { pollTimeoutMs: 1, unreachableDeadlineMs: 1, billingDeadlineMs: 1 },
  nextSeqId: 8,
  spareSeqIds: [],
  queue: lineOf(),
  paused: false,
  dispatching: undefined,
  held: undefined,
  inFlight: [],
  optimSteps: 0,
  counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
  lastCheckpoint: undefined,
  lastError: undefined,
};

describe('takeNext', () => {
  const fresh = { receipts: {}, unsent: [], cancelled: false, mayBeTaken: false };
  const entry = operation('a', { parts: 3 });
  const rest = operation('b');

  it.each([
    [[], [8, 9, 10], 11, []],
    [[5], [5, 8, 9], 10, []],
    [[4, 5, 6], [4, 5, 6], 8, []],
    [[2, 3, 4, 6], [2, 3, 4], 8, [6]],
  ])('numbers three parts, with %j to spare, %j', (spareSeqIds, seqIds, nextSeqId, spareAfter) => {
    expect(takeNext({ ...context, spareSeqIds, queue: lineOf(entry, rest) })).toEqual({
      queue: lineOf(rest), dispatching: { entry, seqIds, ...fresh }, nextSeqId, spareSeqIds: spareAfter,
    });
  });

  it('changes nothing when nothing is queued', () => {
    expect(takeNext({ ...context, spareSeqIds: [5] })).toEqual({});
  });
});

describe('withoutInFlight', () => {
  it('takes out that operation alone', () => {
    const one = { entry: operation('a'), seqIds: [1], requestIds: ['r1'], open: 1 };
    const other = { ...one, entry: operation('b') };
    expect(withoutInFlight({ ...context, inFlight: [one, other] }, 'a')).toEqual({ inFlight: [other] });
  });
});

describe('futureIds', () => {
  it('names the child of each part', () => {
    expect(futureId('a', 1)).toBe('future.a.1');
    expect(futureIds({ entry: operation('a'), seqIds: [1, 2], requestIds: ['r1', 'r2'], open: 1 })).toEqual(['future.a.0', 'future.a.1']);
  });
});

describe('cancelledError', () => {
  it('names the operation', () => {
    expect(cancelledError('a', 'optimStep', 'was cancelled').toJSON()).toEqual({
      kind: 'cancelled', message: 'optimStep a was cancelled', retriable: false, operationId: 'a',
    });
  });
});
