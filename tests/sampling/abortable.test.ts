import { describe, expect, it } from '@jest/globals';
import { abortable, limited, sleep } from '../../src/sampling/abortable.js';
import { CountingClock } from '../support/counting-clock.js';
import type { StopSignal } from '../../src/types/stop.js';
import { rejection } from '../support/clients.js';

describe('abortable', () => {
  it('does not begin when its signal was aborted before', async () => {
    let begun = false;
    const wait = abortable(AbortSignal.abort(new Error('too late')), () => {
      begun = true;
      return () => undefined;
    });
    expect(await rejection(wait)).toMatchObject({ kind: 'cancelled', message: 'too late' });
    expect(begun).toBe(false);
  });

  it('cleans up at the moment of its signal, once', async () => {
    const signal = new AbortController();
    let ends = 0;
    const wait = abortable(signal.signal, () => () => (ends += 1));
    signal.abort(new Error('enough'));
    expect(ends).toBe(1);
    expect(await rejection(wait)).toMatchObject({ kind: 'cancelled', message: 'enough' });
    expect(ends).toBe(1);
  });

  it('may be settled while it begins', async () => {
    await expect(abortable<number>(new AbortController().signal, (resolve) => {
      resolve(1);
      return () => undefined;
    })).resolves.toBe(1);
  });
});

describe('sleep', () => {
  it('takes the time, and leaves no timer when it is ended', async () => {
    const clock = new CountingClock();
    const signal = new AbortController();
    const first = sleep(clock, 10, signal.signal);
    clock.increment(10);
    await first;
    const second = sleep(clock, 10, signal.signal);
    signal.abort();
    await rejection(second);
    expect(clock.pending).toBe(0);
  });
});

describe('limited', () => {
  it('ends what takes too long, and only that', async () => {
    const clock = new CountingClock();
    const { signal } = new AbortController();
    const given: StopSignal[] = [];
    const run = (outcome: Promise<string>) => (own: StopSignal) => {
      given.push(own);
      return outcome;
    };
    const late = limited(clock, 10, signal, run(new Promise(() => undefined)), () => 'late');
    clock.increment(10);
    await expect(late).resolves.toBe('late');
    await expect(limited(clock, 10, signal, run(Promise.resolve('done')), () => 'late')).resolves.toBe('done');
    expect(given.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(clock.pending).toBe(0);
  });
});
