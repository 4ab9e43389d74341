import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { input, scriptedSampling } from '../support/sampling.js';
import { advanceUntil, settle } from '../support/simulated.js';

const tooMany = () => json({ detail: 'slow down' }, 429);
const unpaid = () => json({ detail: 'pay' }, 402);
const large = { ...input, prompt: new Int32Array(13_108) };

describe('back-pressure', () => {
  it('sends the same number again after a second, and nothing meanwhile', async () => {
    const { server, sampling, service, seqIds, pass } = await scriptedSampling();
    const other = await service.createSamplingClient({ baseModel: 'base' });
    server.next('asample', tooMany);
    const first = sampling.sample(input);
    await settle();
    expect([first.status, first.queueState, sampling.getSnapshot().gate]).toEqual(['paused', 'paused_backpressure', 'backingOff']);
    // The pause is the service's: another client keeps it too.
    const second = other.sample(input);
    await pass(999);
    expect(seqIds()).toEqual([0]);
    await pass(1);
    await Promise.all([first, second]);
    expect(server.to('asample').map(({ body }) => [body['sampling_session_id'], body['seq_id']])).toEqual([
      ['S:sample:0', 0],
      ['S:sample:0', 0],
      ['S:sample:1', 0],
    ]);
    expect([first.queueState, sampling.getSnapshot().gate]).toEqual([undefined, 'throttled']);
  });

  it('is no news for the queue-state observer, nor a failure', async () => {
    const told: unknown[] = [];
    const { server, sampling, environment } = await scriptedSampling({ service: { onQueueState: (news) => told.push(news), requestDeadlineMs: 1 } });
    server.times(20, 'asample', tooMany);
    await advanceUntil(environment, sampling.sample(input));
    expect(told).toEqual([]);
    expect(sampling.getSnapshot()).toMatchObject({ nextSeqId: 1, resubmitted: 0 });
  });

  it('lasts five seconds after a large prompt, and as long as the server asks', async () => {
    const { server, sampling, seqIds, pass } = await scriptedSampling();
    server.next('asample', tooMany).next('asample', () => json({}, 429, { 'Retry-After': '7' }));
    const operation = sampling.sample(large);
    await settle();
    await pass(4999);
    expect(seqIds()).toEqual([0]);
    await pass(1);
    expect(seqIds()).toEqual([0, 0]);
    await pass(6999);
    expect(seqIds()).toEqual([0, 0]);
    await pass(1);
    await operation;
    expect(seqIds()).toEqual([0, 0, 0]);
  });

  it('lets ten at a time through for ten seconds', async () => {
    const { server, sampling, seqIds, pass } = await scriptedSampling();
    server.next('asample', tooMany).next('asample', (request) => server.accept(request, {})).times(30, 'asample', () => new Promise<Response>(() => undefined));
    const operations = [sampling.sample(input)];
    await settle();
    for (let i = 0; i < 20; i += 1) operations.push(sampling.sample(input));
    await pass(1000);
    expect(seqIds().length).toBe(12);
    await pass(9999);
    expect(seqIds().length).toBe(12);
    await pass(1);
    expect(seqIds().length).toBe(22);
    sampling.close();
    await Promise.all(operations.map(rejection));
  });

  it('shows a blocked account, and waits for it', async () => {
    const told: unknown[] = [];
    const { server, sampling, service, environment } = await scriptedSampling({ service: { onQueueState: (news) => told.push(news) } });
    server.times(3, 'asample', unpaid);
    const operation = sampling.sample(input);
    await settle();
    expect([operation.queueState, sampling.getSnapshot().gate]).toEqual(['paused_billing', 'billingPaused']);
    expect(service.getSnapshot().billingPausedMs).toBe(0);
    await advanceUntil(environment, operation);
    expect(told.length).toBe(3);
    expect(told[0]).toMatchObject({ kind: 'sample', queueState: 'paused_billing', samplingSessionId: 'S:sample:0' });
    expect(service.getSnapshot().billingPausedMs).toBeUndefined();
  });

  it('gives a blocked account up when the server says how long to wait, and begins anew after that', async () => {
    const { server, sampling, environment, pass } = await scriptedSampling({ config: { billing_exception_max_pause_duration_sec: 3 } });
    server.times(4, 'asample', unpaid);
    const operation = sampling.sample(input);
    expect(await advanceUntil(environment, rejection(operation))).toMatchObject({ kind: 'billing', status: 402, attempts: 4 });
    await pass(300_001);
    server.next('asample', unpaid);
    await advanceUntil(environment, sampling.sample(input));
  });
});

describe('limits', () => {
  it('sends 400 requests at once, and the next when one was taken', async () => {
    const { server, sampling, seqIds } = await scriptedSampling();
    server.times(405, 'asample', () => new Promise<Response>(() => undefined));
    const operations = Array.from({ length: 405 }, () => sampling.sample(input));
    await settle();
    expect(seqIds().length).toBe(400);
    operations[0]?.cancel();
    await settle();
    expect(seqIds().length).toBe(401);
    sampling.close();
    await Promise.all(operations.map(rejection));
  });

  it('counts the bytes of prompts, and lets one pass that is too large', async () => {
    const { server, sampling, seqIds } = await scriptedSampling({ config: { sample_dispatch_bytes_semaphore_size: 15 } });
    server.times(3, 'asample', () => new Promise<Response>(() => undefined));
    const operations = [1, 2, 3].map(() => sampling.sample({ ...input, prompt: [1] }));
    await settle();
    // Ten bytes per token: after two the balance is negative.
    expect(seqIds()).toEqual([0, 1]);
    sampling.close();
    await Promise.all(operations.map(rejection));
  });

  it('lets so many calls of a client go on as the server, or the caller, says', async () => {
    for (const [config, retryConfig] of [[{ sample_max_concurrent_requests: 2 }, {}], [{}, { maxConnections: 2 }], [{ sample_max_concurrent_requests: 2 }, { maxConnections: 5 }]] as const) {
      const { server, sampling, seqIds } = await scriptedSampling({ config, client: { retryConfig } });
      server.times(2, 'retrieve_future', () => new Promise<Response>(() => undefined));
      const operations = [1, 2, 3, 4].map(() => sampling.sample(input));
      await settle();
      expect(seqIds()).toEqual([0, 1]);
      expect(sampling.getSnapshot()).toMatchObject({ waiting: 2, inFlight: 2 });
      expect(operations.map(({ status }) => status)).toEqual(['polling', 'polling', 'queued', 'queued']);
      operations[0]?.cancel();
      await operations[2];
      await operations[3];
      expect(seqIds()).toEqual([0, 1, 2, 3]);
      sampling.close();
      await Promise.all(operations.slice(0, 2).map(rejection));
    }
  });
});
