import { describe, expect, it } from '@jest/globals';
import { jsonResult } from '../../../src/server/futures/future-result.js';
import { FutureTable, type FutureOutcome } from '../../../src/server/futures/futures.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

const done: FutureOutcome = { state: 'done', result: jsonResult({ a: 1 }) };

function setUp(): { futures: FutureTable; clock: ManualClock } {
  const clock = new ManualClock();
  const futures = new FutureTable({
    clock,
    bootId: 'boot2',
    earlierBoots: new Set(['boot1']),
    kept: new Map([['boot1-7', done]]),
    retentionMs: 600_000,
    unreadRetentionMs: 3_600_000,
  });
  return { futures, clock };
}

describe('FutureTable', () => {
  it('answers a poll as soon as the operation ends', async () => {
    const { futures, clock } = setUp();
    const id = futures.open();
    const poll = futures.wait(id, 30_000);
    await settle();
    futures.settle(id, done);
    await expect(poll).resolves.toEqual(done);
    expect(clock.pending).toBe(0);
  });

  it('answers pending when the hold is over', async () => {
    const { futures, clock } = setUp();
    const poll = futures.wait(futures.open(), 30_000);
    clock.advance(30_000);
    await expect(poll).resolves.toEqual({ state: 'pending' });
  });

  it('answers two polls of one id at once', async () => {
    const { futures } = setUp();
    const id = futures.open();
    const polls = [futures.wait(id, 30_000), futures.wait(id, 30_000)];
    futures.settle(id, done);
    await expect(Promise.all(polls)).resolves.toEqual([done, done]);
  });

  it('stops waiting for a client that went away', async () => {
    const { futures, clock } = setUp();
    const gone = new AbortController();
    const poll = futures.wait(futures.open(), 30_000, gone.signal);
    gone.abort();
    await expect(poll).resolves.toEqual({ state: 'pending' });
    expect(clock.pending).toBe(0);
  });

  it('keeps the first outcome', () => {
    const { futures } = setUp();
    const id = futures.openSettled(done);
    futures.settle(id, { state: 'failed', error: 'late', category: 'server' });
    expect(futures.peek(id)).toEqual(done);
  });

  it('keeps a result for a while after it was read, then says that it is gone', () => {
    const { futures, clock } = setUp();
    const id = futures.openSettled(done);
    clock.advance(1_000_000);
    futures.delivered(id);
    clock.advance(599_999);
    expect(futures.peek(id)).toEqual(done);
    clock.advance(1);
    expect(futures.peek(id)).toEqual({ state: 'expired' });
    futures.sweep();
    expect(futures.peek(id)).toEqual({ state: 'expired' });
  });

  it('does not keep a result longer because it is read again', () => {
    const { futures, clock } = setUp();
    const id = futures.openSettled(done);
    futures.delivered(id);
    clock.advance(500_000);
    futures.delivered(id);
    clock.advance(100_000);
    expect(futures.peek(id)).toEqual({ state: 'expired' });
  });

  it('forgets a result that nobody reads in the end', () => {
    const { futures, clock } = setUp();
    const id = futures.openSettled(done);
    clock.advance(3_600_000);
    expect(futures.peek(id)).toEqual({ state: 'expired' });
  });

  it('does not know ids that it never gave out', () => {
    const { futures } = setUp();
    futures.open();
    expect(['boot2-2', 'boot2-0', 'boot9-1', 'nonsense', ''].map((id) => futures.peek(id).state)).toEqual(
      Array.from({ length: 5 }, () => 'unknown'),
    );
  });

  it('answers for operations of an earlier process: the kept result, else a clear failure', () => {
    const { futures } = setUp();
    expect(futures.peek('boot1-7')).toEqual(done);
    expect(futures.peek('boot1-8')).toEqual({
      state: 'failed',
      category: 'server',
      error: expect.stringContaining('restarted') as unknown,
    });
  });

  it('lets all polls go when it is released', async () => {
    const { futures } = setUp();
    const id = futures.open();
    const poll = futures.wait(id, 30_000);
    futures.release();
    await expect(poll).resolves.toEqual({ state: 'pending' });
    await expect(futures.wait(id, 30_000)).resolves.toEqual({ state: 'pending' });
  });
});
