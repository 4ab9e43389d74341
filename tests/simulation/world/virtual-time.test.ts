import { describe, expect, it } from '@jest/globals';
import { VirtualTime } from '../../../simulation/world/virtual-time.js';

const limits = { until: Infinity, events: 1_000 };

describe('virtual time', () => {
  it('goes from event to event in the order of their moments, and of their making at the same one', async () => {
    const time = new VirtualTime();
    const said: string[] = [];
    for (const [ms, name] of [[50, 'late'], [10, 'first'], [86_400_000, 'next day'], [10, 'second']] as const) {
      time.after(ms, () => said.push(`${name} at ${time.now}`));
    }
    expect(await time.run(() => false, limits)).toBe('nothing left');
    expect(said).toEqual(['first at 10', 'second at 10', 'late at 50', 'next day at 86400000']);
  });

  it('stands still until everything that is ready has run', async () => {
    const time = new VirtualTime();
    const said: number[] = [];
    time.clock.setTimeout(() => {
      const later = async () => {
        for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
        time.soon(() => said.push(time.now));
      };
      void later();
    }, 5);
    time.after(6, () => said.push(time.now));
    await time.run(() => false, limits);
    expect(said).toEqual([5, 6]);
  });

  it('counts the timers of the client, and runs none that was cleared', async () => {
    const time = new VirtualTime();
    let runs = 0;
    const count = () => {
      runs += 1;
    };
    const cleared: unknown = time.clock.setTimeout(count, 1);
    time.clock.setTimeout(count, 2);
    time.after(3, () => undefined);
    expect(time.clientTimers).toBe(2);
    time.clock.clearTimeout(cleared);
    time.clock.clearTimeout(cleared);
    expect(time.clientTimers).toBe(1);
    await time.run(() => false, limits);
    expect([runs, time.clientTimers]).toEqual([1, 0]);
  });

  it('runs late what was due while the machine slept', async () => {
    const time = new VirtualTime();
    const said: number[] = [];
    time.after(10, () => said.push(time.now));
    time.sleep(1_000);
    await time.run(() => false, limits);
    expect(said).toEqual([1_000]);
  });

  it('stops where it is told to, or after too many events', async () => {
    const time = new VirtualTime();
    const again = () => {
      time.after(10, again);
    };
    again();
    expect(await time.run(() => time.now >= 50, limits)).toBe('done');
    expect(time.now).toBe(50);
    expect(await time.run(() => false, { until: 200, events: 1_000 })).toBe('too long');
    expect(await time.run(() => false, { until: Infinity, events: 5 })).toBe('too many events');
  });
});
