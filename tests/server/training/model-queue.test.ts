import { describe, expect, it } from '@jest/globals';
import { ModelQueue } from '../../../src/server/training/model-queue.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

interface Setup {
  readonly queue: ModelQueue;
  readonly clock: ManualClock;
  /** What happened, in order: `1`, `u`, `abandoned 3`, `skipped 2-4`. */
  readonly events: string[];
  readonly push: (seqId: number | undefined, options?: { lasting?: boolean; until?: Promise<void> }) => void;
}

function setUp(): Setup {
  const clock = new ManualClock();
  const events: string[] = [];
  const queue = new ModelQueue({ clock, missingSeqTimeoutMs: 30_000, onSkip: (from, to) => events.push(`skipped ${from}-${to}`) });
  return {
    queue,
    clock,
    events,
    push: (seqId, { lasting = false, until = Promise.resolve() } = {}) => {
      const name = String(seqId ?? 'u');
      queue.push({
        seqId,
        lasting,
        execute: async () => {
          await until;
          events.push(name);
        },
        abandon: () => events.push(`abandoned ${name}`),
      });
    },
  };
}

function gate(): { readonly until: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (open = resolve));
  return { until, open: () => open() };
}

describe('ModelQueue', () => {
  it('executes by number, not by arrival', async () => {
    const { push, events } = setUp();
    for (const seqId of [2, 3, 4, 1]) push(seqId);
    await settle();
    expect(events).toEqual(['1', '2', '3', '4']);
  });

  it('executes one at a time', async () => {
    const { push, events, queue } = setUp();
    const first = gate();
    push(1, first);
    push(2);
    await settle();
    expect([events, queue.size]).toEqual([[], 2]);
    first.open();
    await settle();
    expect([events, queue.size]).toEqual([['1', '2'], 0]);
  });

  it('waits for a missing number just as long as it is told, then skips it', async () => {
    const { push, events, clock } = setUp();
    push(1);
    push(4);
    await settle();
    clock.advance(29_999);
    await settle();
    expect(events).toEqual(['1']);
    clock.advance(1);
    await settle();
    expect(events).toEqual(['1', 'skipped 2-3', '4']);
  });

  it('does not skip a number that comes in time', async () => {
    const { push, events, clock } = setUp();
    push(2);
    clock.advance(29_999);
    push(1);
    await settle();
    clock.advance(60_000);
    await settle();
    expect(events).toEqual(['1', '2']);
    expect(clock.pending).toBe(0);
  });

  it('starts the wait anew for each missing number', async () => {
    const { push, events, clock } = setUp();
    push(2);
    push(4);
    clock.advance(30_000);
    await settle();
    clock.advance(29_999);
    await settle();
    expect(events).toEqual(['skipped 1-1', '2']);
    clock.advance(1);
    await settle();
    expect(events).toEqual(['skipped 1-1', '2', 'skipped 3-3', '4']);
  });

  it('does not wait while an operation runs', async () => {
    const { push, events, clock } = setUp();
    const first = gate();
    push(1, first);
    push(3);
    await settle();
    clock.advance(120_000);
    push(2);
    first.open();
    await settle();
    expect(events).toEqual(['1', '2', '3']);
  });

  it('counts a refused number as answered', async () => {
    const { push, events, queue, clock } = setUp();
    push(1);
    push(4);
    await settle();
    queue.markAnswered(3);
    queue.markAnswered(2);
    await settle();
    expect(events).toEqual(['1', '4']);
    expect(clock.pending).toBe(0);
  });

  it('still executes a number that was refused first and then accepted in its turn', async () => {
    const { push, events, queue } = setUp();
    queue.markAnswered(2);
    push(2);
    push(3);
    push(1);
    await settle();
    expect(events).toEqual(['1', '2', '3']);
  });

  it('forgets refused numbers once their turn is over', async () => {
    const { push, queue, clock } = setUp();
    queue.markAnswered(1);
    push(2);
    await settle();
    expect([queue.next, queue.refusedAhead]).toEqual([3, 0]);
    queue.markAnswered(4);
    push(6);
    expect(queue.refusedAhead).toBe(1);
    clock.advance(30_000);
    await settle();
    expect([queue.next, queue.refusedAhead]).toEqual([7, 0]);
  });

  it('takes refused numbers again until a later one was executed', async () => {
    const { push, queue, events } = setUp();
    for (const seqId of [1, 2, 3]) queue.markAnswered(seqId);
    expect([queue.next, [1, 2, 3].map((seqId) => queue.isOver(seqId))]).toEqual([4, [false, false, false]]);
    push(2);
    await settle();
    expect([events, queue.next, [1, 2, 3].map((seqId) => queue.isOver(seqId))]).toEqual([['2'], 4, [true, true, false]]);
    push(4);
    await settle();
    expect([events, queue.isOver(3), queue.refusedAhead]).toEqual([['2', '4'], true, 0]);
  });

  it('remembers so many refused numbers only', () => {
    const { queue } = setUp();
    for (let seqId = 1; seqId <= 1000; seqId += 1) queue.markAnswered(seqId);
    expect([queue.next, queue.refusedAhead, queue.isOver(744), queue.isOver(745)]).toEqual([1001, 256, true, false]);
  });

  it('knows when the turn of a number is over', async () => {
    const { push, queue, clock } = setUp();
    push(3);
    clock.advance(30_000);
    await settle();
    expect([2, 3, 4].map((seqId) => queue.isOver(seqId))).toEqual([true, true, false]);
  });

  it('executes operations without a number in order of arrival', async () => {
    const { push, events } = setUp();
    const first = gate();
    push(1, first);
    for (const seqId of [2, undefined, 3]) push(seqId);
    first.open();
    await settle();
    expect(events).toEqual(['1', '2', 'u', '3']);
  });

  it('does not hold an operation without a number up for a missing one', async () => {
    const { push, events } = setUp();
    push(2);
    push(undefined);
    await settle();
    expect(events).toEqual(['u']);
  });

  it('drains up to the last lasting operation and gives up the rest', async () => {
    const { push, events, queue } = setUp();
    const first = gate();
    push(1, first);
    push(2);
    push(3, { lasting: true });
    push(4);
    const drained = queue.drain();
    first.open();
    await drained;
    expect(events).toEqual(['1', '2', '3', 'abandoned 4']);
  });

  it('drains nothing but the running operation when nothing lasts', async () => {
    const { push, events, queue } = setUp();
    const first = gate();
    push(1, first);
    push(2);
    const drained = queue.drain();
    first.open();
    await drained;
    expect(events).toEqual(['1', 'abandoned 2']);
  });

  it('does not execute a lasting operation whose predecessor is missing', async () => {
    const { push, events, queue, clock } = setUp();
    push(2, { lasting: true });
    await queue.drain();
    expect(events).toEqual(['abandoned 2']);
    expect(clock.pending).toBe(0);
  });

  it('gives up what comes after it has ended', async () => {
    const { push, events, queue } = setUp();
    await queue.stop();
    push(1);
    await settle();
    expect(events).toEqual(['abandoned 1']);
  });

  it('stops after the running operation', async () => {
    const { push, events, queue } = setUp();
    const first = gate();
    push(1, first);
    push(2);
    let isStopped = false;
    const stopped = queue.stop().then(() => (isStopped = true));
    await settle();
    expect([events, isStopped]).toEqual([['abandoned 2'], false]);
    first.open();
    await stopped;
    expect(events).toEqual(['abandoned 2', '1']);
  });
});
