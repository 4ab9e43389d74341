import { describe, expect, it } from '@jest/globals';
import type { InFlightFacts, QueuedFacts, TrainingRecord } from '../../../src/inspection/records.js';
import { queueView, seqIdText } from '../../../src/inspector/model/queue-rows.js';

function training(more: Partial<TrainingRecord> = {}): TrainingRecord {
  const queue = more.queue ?? [];
  const inFlight = more.inFlight ?? [];
  return {
    type: 'training', service: 's', key: 'm', at: 1, actor: 'training-0', state: 'submitting', paused: false, queue, queued: queue.length, queuedBytes: 0, inFlight,
    inFlightCount: inFlight.length, nextSeqId: 1, optimSteps: 0, counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 }, ...more,
  };
}

const flying = (id: string, ...seqIds: number[]): InFlightFacts => ({ id, kind: 'forwardBackward', seqIds, polls: 1 });
const waiting = (id: string): QueuedFacts => ({ id, kind: 'optimStep', bytes: 512, parts: 1 });

describe('queue', () => {
  it('has what is being sent first, then what is in flight, then what waits', () => {
    const { rows, more } = queueView(training({ sending: { id: 'c', kind: 'optimStep', seqIds: [3] }, inFlight: [flying('a', 1), flying('b', 2)], queue: [waiting('d')] }));
    expect(rows.map(({ order, id, stage, seqIds, requests, bytes }) => [order, id, stage, seqIds, requests, bytes])).toEqual([
      [1, 'c', 'sending', [3], 1, undefined],
      [2, 'a', 'in flight', [1], 1, undefined],
      [3, 'b', 'in flight', [2], 1, undefined],
      [4, 'd', 'waiting', [], 1, 512],
    ]);
    expect(more).toBe(0);
  });

  it('shows an operation once whose first requests are in flight while the rest is sent', () => {
    const view = queueView(training({ sending: { id: 'a', kind: 'forwardBackward', seqIds: [1, 2] }, inFlight: [flying('a', 1)], queue: [waiting('b')] }));
    expect([view.rows.map(({ id }) => id), view.more]).toEqual([['a', 'b'], 0]);
  });

  it('counts what it does not show', () => {
    const queue = Array.from({ length: 100 }, (_, place) => waiting(`q${place}`));
    const { rows, more } = queueView(training({ inFlight: [flying('a', 1)], queue, queued: 148 }));
    expect([rows.length, rows.at(-1)?.id, more]).toEqual([100, 'q98', 49]);
  });

  it('says what the server says of an operation', () => {
    const { rows } = queueView(training({ inFlight: [{ ...flying('a', 1), queueState: 'paused_capacity' }] }));
    expect(rows[0]?.queueState).toBe('paused_capacity');
  });

  it('knows no count of requests before they have numbers', () => {
    const { rows } = queueView(training({ sending: { id: 'a', kind: 'optimStep', seqIds: [] } }));
    expect(rows[0]).toEqual({ id: 'a', kind: 'optimStep', stage: 'sending', order: 1, seqIds: [] });
  });

  it.each([[[], ''], [[17], '17'], [[17, 18, 19], '17–19'], [[17, 19], '17, 19'], [[1, 3, 5, 7], '1, 3, 5, …']])('writes the numbers %p as %p', (seqIds, text) => {
    expect(seqIdText(seqIds)).toBe(text);
  });
});
