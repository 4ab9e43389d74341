import { describe, expect, it } from '@jest/globals';
import { feed, type PageEvent } from '../../src/inspector/feed.js';
import { History } from '../../src/inspector/history.js';
import { Pages } from '../../src/inspector/pages.js';
import { settle } from '../support/manual-clock.js';
import { madeService, noticeRecord, sampleRecord, samples } from './made.js';
import { ManualTimers } from './manual-timers.js';

const hello = { instance: 'me', version: 1, source: 'live', control: false } as const;

function started(history: History, lastEventId?: string) {
  const timers = new ManualTimers();
  const pages = new Pages();
  const page = pages.open();
  const events = feed({ history, hello, timers }, page, lastEventId);
  const next = async (): Promise<PageEvent | undefined> => {
    const { done, value } = await events.next();
    return done === true ? undefined : value;
  };
  return { timers, pages, page, next };
}

function keysIn(event: PageEvent | undefined): string[] {
  const records: { key: string }[] = JSON.parse(event?.data ?? '[]');
  return records.map(({ key }) => key);
}

describe('feed', () => {
  it('says hello, then all that is kept in events of at most 500 records, without pauses', async () => {
    const history = new History(10_000_000);
    history.write(samples(1200));
    const { next } = started(history);
    expect(await next()).toEqual({ event: 'hello', data: JSON.stringify({ ...hello, dropped: { records: 0, operations: 0 } }) });
    const events = [await next(), await next(), await next()];
    expect(events.map((event) => [event?.event, event?.id, keysIn(event).length])).toEqual([
      ['records', 'me-500', 500],
      ['records', 'me-1000', 500],
      ['records', 'me-1200', 200],
    ]);
  });

  it('gathers news for a tenth of a second', async () => {
    const history = new History(10_000_000);
    history.write([madeService]);
    const { next, timers } = started(history);
    await next();
    await next();
    history.write([sampleRecord(1, 'open')]);
    const news = next();
    await settle();
    timers.clock.advance(99);
    history.write([sampleRecord(2), sampleRecord(1)]);
    await settle();
    timers.clock.advance(1);
    expect(keysIn(await news)).toEqual(['op-2', 'op-1']);
  });

  it('tells news at once after a silence', async () => {
    const history = new History(10_000_000);
    const { next } = started(history);
    await next();
    const news = next();
    await settle();
    history.write([sampleRecord(1)]);
    expect(keysIn(await news)).toEqual(['op-1']);
  });

  it('tells a page that takes its time the newest states only', async () => {
    const history = new History(10_000_000);
    const { next } = started(history);
    await next();
    for (let round = 0; round < 200; round += 1) history.write(samples(100, 'open'));
    history.write(samples(100));
    const event = await next();
    expect(keysIn(event)).toHaveLength(100);
    expect(event?.data).not.toContain('polling');
  });

  it('goes on after the event that the page saw last', async () => {
    const history = new History(10_000_000);
    history.write(samples(3));
    const { next } = started(history, 'me-2');
    expect((await next())?.event).toBe('hello');
    expect(keysIn(await next())).toEqual(['op-2']);
  });

  it.each(['other-2', 'me-99', 'me-', 'nonsense', ''])('begins anew for a page that saw %j', async (seen) => {
    const history = new History(10_000_000);
    history.write(samples(3));
    const { next } = started(history, seen);
    await next();
    expect(keysIn(await next())).toHaveLength(3);
  });

  it('says what was let go', async () => {
    const history = new History(100_000);
    const { next } = started(history);
    await next();
    history.write(samples(1000));
    const events = [await next(), await next()];
    expect(events.map((event) => event?.event)).toEqual(['records', 'dropped']);
    expect(JSON.parse(events[1]?.data ?? '')).toEqual(history.dropped);
  });

  it('waits, and does not spin, when the newest change is of what was let go', async () => {
    const history = new History(50);
    history.write([noticeRecord(1)]);
    expect([history.revision, history.after(0, 9)]).toEqual([1, []]);
    const { next, timers } = started(history);
    await next();
    const beat = next();
    await settle();
    expect(timers.clock.pending).toBe(1);
    timers.clock.advance(5000);
    expect((await beat)?.event).toBe('heartbeat');
  });

  it('sends a heartbeat after every five seconds of silence', async () => {
    const history = new History(10_000_000);
    const { next, timers } = started(history);
    await next();
    for (const at of [1_005_000, 1_010_000]) {
      const beat = next();
      await settle();
      timers.clock.advance(5000);
      expect(await beat).toEqual({ event: 'heartbeat', data: JSON.stringify({ at }) });
    }
  });

  it('ends when the page goes, from whatever it waits for', async () => {
    const history = new History(10_000_000);
    const { next, page, timers } = started(history);
    await next();
    const waiting = next();
    await settle();
    page.close();
    expect(await waiting).toBeUndefined();
    expect(timers.clock.pending).toBe(0);
  });

  it('lets a service that ends wait until its pages have all, but not for long', async () => {
    const history = new History(10_000_000);
    const { next, pages, timers } = started(history);
    await next();
    history.write([sampleRecord(1)]);
    const done: string[] = [];
    void pages.caughtUp(history.revision, 250, timers).then(() => done.push('in time'));
    await next();
    await settle();
    expect(done).toEqual([]);
    void next();
    await settle();
    expect(done).toEqual(['in time']);
    history.write([sampleRecord(2)]);
    void pages.caughtUp(history.revision, 250, new ManualTimers()).then(() => done.push('never'));
    const impatient = new ManualTimers();
    void pages.caughtUp(history.revision + 1, 250, impatient).then(() => done.push('late'));
    await settle();
    impatient.clock.advance(250);
    await settle();
    expect(done).toEqual(['in time', 'late']);
  });
});
