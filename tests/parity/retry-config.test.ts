import { describe, expect, it } from '@jest/globals';
import type { RetryConfig } from '../../src/index.js';
import { rejection } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { input, scriptedSampling } from '../support/sampling.js';
import { advanceUntil, settle } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);

/** The pauses between the attempts of a sample that fails `failures` times in passing. */
async function pauses(retryConfig: RetryConfig, failures: number): Promise<number[]> {
  const { server, sampling, environment } = await scriptedSampling({ client: { retryConfig } });
  const at: number[] = [];
  server.times(failures, 'asample', () => {
    at.push(environment.now());
    return json({ detail: 'taken' }, 409);
  });
  await advanceUntil(environment, sampling.sample(input), { stepMs: 25 });
  return at.map((time, index) => time - (at[index - 1] ?? time)).slice(1);
}

describe('RetryConfig', () => {
  it('max_connections', async () => {
    const { server, sampling, seqIds } = await scriptedSampling({ client: { retryConfig: { maxConnections: 2 } } });
    server.times(2, 'retrieve_future', never);
    const samples = [1, 2, 3].map(() => sampling.sample(input));
    await settle();
    expect(seqIds()).toEqual([0, 1]);
    samples[0]?.cancel();
    await settle();
    expect(seqIds()).toEqual([0, 1, 2]);
    await samples[2];
    sampling.close();
  });

  it('progress_timeout', async () => {
    const { server, sampling, pass } = await scriptedSampling({ client: { retryConfig: { progressTimeoutMs: 60_000 } } });
    server.times(10, 'retrieve_future', never);
    const stuck = rejection(sampling.sample(input));
    await settle();
    await pass(60_000);
    expect(await stuck).toMatchObject({ kind: 'timeout' });
  });

  it('retry_delay_base', async () => {
    expect(await pauses({ retryDelayBaseMs: 100, jitterFactor: 0 }, 4)).toEqual([100, 200, 400]);
  });

  it('retry_delay_max', async () => {
    expect(await pauses({ retryDelayMaxMs: 700, jitterFactor: 0 }, 5)).toEqual([500, 700, 700, 700]);
  });

  it('jitter_factor', async () => {
    // Chance stands at its lowest in simulated time: the whole share is taken off.
    expect(await pauses({ jitterFactor: 0.5 }, 3)).toEqual([250, 500]);
  });

  it('enable_retry_logic', async () => {
    const { server, sampling, seqIds } = await scriptedSampling({ client: { retryConfig: { enableRetryLogic: false } } });
    server.next('asample', () => json({ detail: 'taken' }, 409));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'http', status: 409 });
    expect(seqIds()).toEqual([0]);
  });

  it('enable_stuck_detection', async () => {
    const { server, sampling, environment } = await scriptedSampling({
      client: { retryConfig: { progressTimeoutMs: 60_000, enableStuckDetection: false } },
    });
    server.next('asample', () => json({ type: 'later' }, 429, { 'retry-after': '60' }));
    server.times(4, 'retrieve_future', never);
    const { sequences } = await advanceUntil(environment, sampling.sample(input));
    expect(environment.now()).toBeGreaterThan(60_000);
    expect(sequences).toHaveLength(1);
  });
});
