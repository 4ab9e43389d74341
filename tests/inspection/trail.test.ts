import { describe, expect, it } from '@jest/globals';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { Sinks } from '../../src/inspection/sinks.js';
import { Trail } from '../../src/inspection/trail.js';
import { CountingClock } from '../support/counting-clock.js';
import { Gathered } from '../support/inspection/gathered.js';

const sampling = (key: string, waiting = 0): InspectionRecord => ({
  type: 'sampling', service: 's', key, at: 0, samplingSessionId: 'x', state: 'idle', gate: 'open', waiting, running: 0,
  counters: { done: 0, failed: 0, cancelled: 0, resubmitted: 0 }, unrecorded: 0,
});

/** A trail whose pictures the test sets. */
function trailOf() {
  const clock = new CountingClock();
  const watcher = new Gathered();
  const state: { pictures: readonly InspectionRecord[] } = { pictures: [] };
  const sinks = new Sinks([watcher], { id: 's', snapshot: () => ({ service: {}, trainings: {}, samplings: {} }), control: () => Promise.resolve('') });
  const trail = new Trail({
    service: 's',
    clock,
    now: () => clock.now(),
    sinks,
    pictures: () => state.pictures.map((picture) => ({ ...picture, at: clock.now() })),
  });
  return { clock, watcher, state, trail };
}

describe('Trail', () => {
  it('waits a tenth of a second, and makes one telling of what happens meanwhile', () => {
    const { clock, watcher, trail } = trailOf();
    expect(clock.pending).toBe(0);
    trail.called({ id: 'o', kind: 'sample', group: 'sampling', client: 'c' });
    clock.increment(60);
    trail.operations.sending('o', [1]);
    trail.touch();
    trail.notice('info', 'n', 'c');
    clock.increment(39);
    expect(watcher.tellings).toEqual([]);
    clock.increment(1);
    expect(watcher.tellings.map((records) => records.map(({ type }) => type))).toEqual([['operation', 'notice']]);
    expect(watcher.calls).toEqual([{ id: 'o', kind: 'sample', group: 'sampling', client: 'c', calledAt: 0 }]);
    expect(clock.pending).toBe(0);
    trail.touch();
    clock.increment(1_000);
    expect(watcher.tellings).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('tells pictures again only where they differ, and as new when they come back', () => {
    const { clock, watcher, state, trail } = trailOf();
    const look = (...pictures: InspectionRecord[]) => {
      const before = watcher.told.length;
      state.pictures = pictures;
      trail.touch();
      clock.increment(100);
      return watcher.told.slice(before).map(({ key, at }) => `${key} ${at}`);
    };
    expect(look(sampling('a'), sampling('b'))).toEqual(['a 100', 'b 100']);
    expect(look(sampling('a'), sampling('b'))).toEqual([]);
    expect(look(sampling('a'), sampling('b', 1))).toEqual(['b 300']);
    expect(look(sampling('b', 1))).toEqual([]);
    expect(look(sampling('a'), sampling('b', 1))).toEqual(['a 500']);
  });

  it('numbers errors and notices in one row, with what is known of them only', () => {
    const { clock, watcher, trail } = trailOf();
    clock.increment(5);
    trail.failed({ kind: 'http', message: 'm', status: 401 }, 'o', 'c');
    trail.failed({ kind: 'cancelled', message: 'm' }, undefined, undefined);
    trail.notice('warning', 'w');
    clock.increment(100);
    expect(watcher.told).toEqual([
      {
        type: 'error', service: 's', key: '1', at: 5, kind: 'http', message: 'm', advice: 'Check the API key: the server does not take it.',
        operation: 'o', client: 'c', status: 401,
      },
      { type: 'error', service: 's', key: '2', at: 5, kind: 'cancelled', message: 'm', advice: 'It was taken back by the program.' },
      { type: 'notice', service: 's', key: '3', at: 5, level: 'warning', text: 'w' },
    ]);
  });

  it('ends without a telling where nothing happened', async () => {
    const { watcher, trail } = trailOf();
    await trail.end();
    expect([watcher.ends, watcher.tellings]).toEqual([1, []]);
  });

  it('tells what is left at its end, ends what is open, and takes nothing after it', async () => {
    const { clock, watcher, trail } = trailOf();
    trail.called({ id: 'o', kind: 'sample', group: 'service', client: undefined });
    clock.increment(7);
    await trail.end();
    expect(watcher.told).toMatchObject([{ key: 'o', status: 'cancelled', endedAt: 7 }]);
    expect([watcher.ends, clock.pending]).toEqual([1, 0]);
    trail.called({ id: 'late', kind: 'sample', group: 'service', client: undefined });
    trail.notice('info', 'late');
    trail.touch();
    clock.increment(1_000);
    expect([watcher.tellings.length, watcher.calls.length, clock.pending]).toEqual([1, 1, 0]);
  });
});
