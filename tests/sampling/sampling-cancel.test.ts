import { describe, expect, it } from '@jest/globals';
import { CountingClock } from '../support/counting-clock.js';
import { rejection } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { input, scriptedSampling } from '../support/sampling.js';
import { settle } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);

describe('giving a sampling call up', () => {
  it('ends the requests of a call that is cancelled, and frees its place', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const { server, sampling } = await scriptedSampling({ client: { retryConfig: { maxConnections: 1 } } });
    server.next('asample', (_, signal) => {
      signals.push(signal);
      return never();
    });
    const first = sampling.sample(input);
    const second = sampling.sample(input);
    await settle();
    first.cancel();
    expect(await rejection(first)).toMatchObject({ kind: 'cancelled', operationId: first.id });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    await second;
    expect([first.status, second.status]).toEqual(['cancelled', 'done']);
    expect(sampling.getSnapshot().counters).toEqual({ done: 1, failed: 0, cancelled: 1 });
  });

  it('takes back one that waits for its turn, without a number', async () => {
    const { server, sampling, seqIds } = await scriptedSampling({ client: { retryConfig: { maxConnections: 1 } } });
    server.next('asample', never);
    const [first, second, third] = [sampling.sample(input), sampling.sample(input), sampling.sample(input)];
    await settle();
    second.cancel();
    second.cancel();
    expect(await rejection(second)).toMatchObject({ kind: 'cancelled' });
    first.cancel();
    await rejection(first);
    await third;
    expect(seqIds()).toEqual([0, 1]);
    expect(sampling.getSnapshot()).toMatchObject({ waiting: 0, inFlight: 0, counters: { done: 1, failed: 0, cancelled: 2 } });
  });

  it('takes back one that waits at the gate, and one that the server pushed back', async () => {
    const { server, sampling, pass } = await scriptedSampling();
    server.next('asample', () => json({}, 429));
    const first = sampling.sample(input);
    await settle();
    const second = sampling.sample(input);
    await settle();
    first.cancel();
    second.cancel();
    await Promise.all([rejection(first), rejection(second)]);
    await pass(20_000);
    expect(server.to('asample').length).toBe(1);
    await sampling.sample(input);
    expect(sampling.getSnapshot()).toMatchObject({ inFlight: 0, counters: { done: 1, failed: 0, cancelled: 2 } });
  });

  it('gives up a call that takes too long, and one whose signal says so', async () => {
    const { server, sampling, pass } = await scriptedSampling();
    server.times(2, 'asample', never);
    const late = sampling.sample(input, { timeoutMs: 500 });
    const signal = new AbortController();
    const aborted = sampling.sample(input, { signal: signal.signal });
    await settle();
    signal.abort();
    await pass(500);
    expect(await rejection(late)).toMatchObject({ kind: 'timeout', elapsedMs: 500 });
    expect(await rejection(aborted)).toMatchObject({ kind: 'cancelled' });
    expect(sampling.getSnapshot()).toMatchObject({ inFlight: 0, counters: { done: 0, failed: 0, cancelled: 2 } });
  });

  it('does not wait for the next attempt of a call that is cancelled', async () => {
    const { server, sampling } = await scriptedSampling();
    server.next('asample', () => json({}, 409));
    const operation = sampling.sample(input);
    await settle();
    operation.cancel();
    await rejection(operation);
    await settle();
    expect(sampling.getSnapshot()).toMatchObject({ state: 'idle', resubmitted: 1, counters: { cancelled: 1 } });
  });
});

describe('stuck calls', () => {
  it('fail when none has ended for too long, and say so', async () => {
    const { server, sampling, pass } = await scriptedSampling({ client: { retryConfig: { progressTimeoutMs: 1000, maxConnections: 2 } }, service: { timeoutMs: 100_000 } });
    server.times(4, 'asample', never);
    const operations = [sampling.sample(input), sampling.sample(input), sampling.sample(input)];
    await pass(999);
    expect(operations.map(({ status }) => status)).toEqual(['sending', 'sending', 'queued']);
    await pass(1);
    const errors = await Promise.all(operations.map(rejection));
    expect(errors[0]).toMatchObject({
      kind: 'timeout',
      elapsedMs: 1000,
      message: `${String(operations[0]?.id)}: no sampling call of this client has ended for 1000 ms; they seem to be stuck (1 attempt). Set retryConfig.progressTimeoutMs to wait longer.`,
    });
    expect(errors).toMatchObject([{ kind: 'timeout' }, { kind: 'timeout' }, { kind: 'timeout' }]);
    expect(sampling.getSnapshot()).toMatchObject({ state: 'idle', waiting: 0, inFlight: 0, lastError: { kind: 'timeout' } });
  });

  it('are not watched where the server or the caller says so, and the clock starts anew with every end', async () => {
    for (const [config, enableStuckDetection] of [[{ sample_enable_stuck_detection: false }, true], [{}, false]] as const) {
      const { server, sampling, pass } = await scriptedSampling({
        config,
        client: { retryConfig: { progressTimeoutMs: 1000, enableStuckDetection } },
        service: { timeoutMs: 2 ** 31 - 1 },
      });
      server.next('asample', never);
      const operation = sampling.sample(input);
      await pass(100_000);
      expect(operation.status).toBe('sending');
      sampling.close();
      await rejection(operation);
    }
    const { server, sampling, pass } = await scriptedSampling({ client: { retryConfig: { progressTimeoutMs: 1000 } } });
    server.next('asample', never);
    const stuck = sampling.sample(input);
    await pass(900);
    await sampling.sample(input);
    await pass(900);
    expect(stuck.status).toBe('sending');
    await pass(100);
    expect(await rejection(stuck)).toMatchObject({ kind: 'timeout' });
  });
});

describe('closing', () => {
  it('rejects what is open, and leaves no timer and no actor', async () => {
    const clock = new CountingClock();
    const { server, sampling, service, unobserved } = await scriptedSampling({
      client: { retryConfig: { maxConnections: 3 } },
      service: { environment: { clock, now: () => clock.now(), random: () => 0, uuid: () => 'u' } },
    });
    const idle = clock.pending;
    server.next('asample', never).next('asample', () => json({}, 409)).next('retrieve_future', never);
    const operations = [1, 2, 3, 4].map(() => sampling.sample(input));
    await settle();
    expect(clock.pending).toBeGreaterThan(idle);
    sampling.close();
    const errors = await Promise.all(operations.map(rejection));
    expect(errors).toMatchObject(operations.map(({ id }) => ({ kind: 'cancelled', message: `${id}: its client was closed` })));
    await settle();
    expect(clock.pending).toBe(idle);
    expect(Object.keys(service.actor.getSnapshot().children).sort()).toEqual(['samplingGate', 'session']);
    expect(sampling.getSnapshot().state).toBe('stopped');
    expect(await rejection(sampling.sample(input))).toMatchObject({
      kind: 'cancelled',
      message: 'The sampling client of S:sample:0 is closed. Create a new one.',
    });
    expect(unobserved).toEqual([]);
  });

  it('happens with the service', async () => {
    const { server, sampling, service } = await scriptedSampling();
    server.next('asample', () => json({}, 429)).next('asample', never);
    const operations = [sampling.sample(input), sampling.sample(input)];
    await settle();
    await service.close();
    expect(await Promise.all(operations.map(rejection))).toMatchObject([{ kind: 'cancelled' }, { kind: 'cancelled' }]);
    await settle();
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('ServiceClient is closed') });
  });
});
