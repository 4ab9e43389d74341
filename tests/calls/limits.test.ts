import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { watchLimits } from '../../src/calls/limits.js';
import { realEnvironment } from '../../src/machines/environment.js';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { CountingClock } from '../support/counting-clock.js';
import { held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

function watching(count: number, limits: Parameters<typeof watchLimits>[0], clock = new CountingClock()) {
  const reached: string[] = [];
  const stops = Array.from({ length: count }, (_, index) =>
    watchLimits(limits, clock, { abort: () => reached.push(`abort ${index}`), timeout: (ms) => reached.push(`timeout ${index} after ${ms}`) }),
  );
  return { reached, stops, clock };
}

describe('watchLimits', () => {
  it('puts one listener onto a signal, for as long as anybody watches it', () => {
    const { signal } = new AbortController();
    const { stops } = watching(50, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const stop of stops.splice(1)) stop();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const stop of stops) stop();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('tells everybody who still watches, in order, and begins anew after the last was gone', () => {
    const limit = new AbortController();
    for (const stop of watching(2, limit).stops) stop();
    const { reached, stops } = watching(3, limit);
    stops[1]?.();
    limit.abort();
    expect(reached).toEqual(['abort 0', 'abort 2']);
    for (const stop of stops) stop();
  });

  it('tells when the time is over, and leaves no timer to who stops before', () => {
    const { reached, stops, clock } = watching(2, { timeoutMs: 10 });
    stops[0]?.();
    expect(clock.pending).toBe(1);
    clock.increment(10);
    expect(reached).toEqual(['timeout 1 after 10']);
    stops[1]?.();
    expect(clock.pending).toBe(0);
  });

  it.each([Infinity, 2 ** 31, 1e15])('takes %p ms for no limit: real timers would be over at once', async (timeoutMs) => {
    const { clock } = realEnvironment;
    const timers: number[] = [];
    const real = { setTimeout: (run: () => void, ms: number): unknown => (timers.push(ms), clock.setTimeout(run, ms)), clearTimeout: () => undefined };
    watchLimits({ timeoutMs }, real, { abort: () => undefined, timeout: () => undefined })();
    expect(timers).toEqual([]);
    const { server, service } = scriptedService();
    const answer = held();
    server.next('get_server_capabilities', answer.handler);
    const asked = service.getServerCapabilities({ timeoutMs });
    await settle();
    answer.release(json({ supported_models: [] }));
    await expect(asked).resolves.toEqual({ supportedModels: [] });
    await service.close();
  });

  it('has the longest timer that there is', () => {
    const { reached, clock } = watching(1, { timeoutMs: 2 ** 31 - 1 });
    clock.increment(2 ** 31 - 1);
    expect(reached).toEqual(['timeout 0 after 2147483647']);
  });

  it('cancels every operation that a signal limits', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('optim_step', () => new Promise(() => undefined));
    const limit = new AbortController();
    const steps = Array.from({ length: 20 }, () => training.optimStep({}, { signal: limit.signal }));
    expect(getEventListeners(limit.signal, 'abort')).toHaveLength(1);
    limit.abort();
    for (const step of steps) expect(await rejection(step)).toMatchObject({ kind: 'cancelled' });
    expect(getEventListeners(limit.signal, 'abort')).toEqual([]);
    await service.close();
  });
});
