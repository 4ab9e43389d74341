import { describe, expect, it } from '@jest/globals';
import type { WaitOptions } from '../../src/calls/wait.js';
import type { TrainingClient } from '../../src/index.js';
import { TinkerError } from '../../src/types/errors.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { queuedCalls, restCalls, samples, samplingCalls, serviceCalls, trainingCalls, type Call } from './public-calls.js';
import { silentService } from './silent-service.js';

/** How a call ended, and when. */
interface End {
  readonly name: string;
  readonly error: TinkerError;
  readonly afterMs: number;
}

interface Started {
  readonly name: string;
  readonly call: (options: WaitOptions) => PromiseLike<unknown>;
}

function startedOn<Client>(of: string, calls: Readonly<Record<string, Call<Client>>>, client: Client): Started[] {
  return Object.entries(calls).map(([name, call]) => ({ name: `${of}.${name}`, call: (options) => call(client, options) }));
}

/** Clients of every kind on a server that has answered so far; each operation of a queue has a client of its own. */
async function everyCall() {
  const silent = silentService();
  const { service } = silent;
  const sampling = await service.createSamplingClient({ baseModel: 'base' });
  const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
  const queued: Started[] = [];
  const trainings: TrainingClient[] = [];
  for (const [name, call] of Object.entries(queuedCalls)) {
    const own = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    trainings.push(own);
    queued.push({ name: `TrainingClient.${name}`, call: (options) => call(own, options) });
  }
  const { unload, ...others } = trainingCalls;
  const asked = [
    ...startedOn('ServiceClient', serviceCalls, service),
    ...startedOn('TrainingClient', others, training),
    ...startedOn('TrainingClient', { unload: unload ?? (() => Promise.resolve()) }, await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 })),
    ...startedOn('SamplingClient', samplingCalls, sampling),
    ...startedOn('RestClient', restCalls, service.createRestClient()),
  ];
  return { ...silent, trainings, queued, asked, sampled: startedOn('SamplingClient', samples, sampling) };
}

/** Makes calls, and lets time pass until all of them have failed. */
async function endsOf(environment: ReturnType<typeof silentService>['environment'], calls: readonly Started[], options: WaitOptions, stepMs = 1_000): Promise<End[]> {
  // What is loaded with the first call of its kind is not to be waited for while the clock is moved.
  for (const { call } of calls) await Promise.resolve(call({ signal: AbortSignal.abort() })).catch(() => undefined);
  const from = environment.now();
  const ends = calls.map(async ({ name, call }): Promise<End> => {
    try {
      await call(options);
    } catch (error) {
      if (error instanceof TinkerError) return { name, error, afterMs: environment.now() - from };
      throw error;
    }
    throw new Error(`${name} has not failed`);
  });
  return advanceUntil(environment, Promise.all(ends), { stepMs });
}

const second = 1_000;
const minute = 60 * second;

function isWithin({ elapsedMs = Infinity }: TinkerError, mostMs: number): boolean {
  return elapsedMs <= mostMs;
}

/** What begins at the disk takes time that is not simulated before it asks anything. */
function looksAtDisk(name: string): boolean {
  return name === 'RestClient.downloadCheckpoint';
}

describe('every call that waits', () => {
  it('is refused when its signal was aborted before, and nothing is sent', async () => {
    const { service, server, queued, asked, sampled } = await everyCall();
    const before = server.requests.length;
    for (const { name, call } of [...queued, ...asked, ...sampled]) {
      const error = await Promise.resolve(call({ signal: AbortSignal.abort() })).then(() => undefined, (thrown: unknown) => thrown);
      expect({ name, kind: error instanceof TinkerError ? error.kind : error }).toEqual({ name, kind: 'cancelled' });
    }
    await settle();
    expect(server.requests).toHaveLength(before);
    await service.close();
  });

  it('ends with its timeoutMs, and says what it waited for, for how long, and how often it was sent', async () => {
    const { service, environment, fallSilent, queued, asked, sampled } = await everyCall();
    fallSilent();
    const known = new Set(['RestClient.whoami']);
    const ends = await endsOf(environment, [...queued, ...sampled, ...asked.filter(({ name }) => !known.has(name))], { timeoutMs: 5 * second });
    for (const { name, error, afterMs } of ends) {
      expect({ name, kind: error.kind, elapsedMs: error.elapsedMs }).toEqual({ name, kind: 'timeout', elapsedMs: 5 * second });
      if (!looksAtDisk(name)) expect({ name, afterMs }).toEqual({ name, afterMs: 5 * second });
      expect(error.message).toMatch(/5000 ms/);
      expect(typeof error.operation).toBe('string');
      expect(error.message).toContain('1 attempt');
    }
    await service.close();
  });

  it('ends within its deadline where the server never answers, the first question included', async () => {
    const { service, environment, fallSilent } = silentService();
    fallSilent();
    const calls = [...startedOn('ServiceClient', serviceCalls, service), ...startedOn('RestClient', restCalls, service.createRestClient())];
    const ends = await endsOf(environment, calls, {});
    for (const { name, error, afterMs } of ends) {
      // All attempts together: 5 minutes, and the last one may take a minute.
      expect({ name, kind: error.kind, isInTime: isWithin(error, 6 * minute) && (looksAtDisk(name) || afterMs <= 6 * minute) }).toEqual({ name, kind: 'timeout', isInTime: true });
      expect(error).toMatchObject({ operation: 'clientConfig', attempts: 5 });
      expect(error.message).toContain('5 attempts');
    }
    await service.close();
  });

  it('ends within its deadline where the server stops to answer', async () => {
    const { service, environment, fallSilent, asked } = await everyCall();
    fallSilent();
    const ends = await endsOf(environment, asked.filter(({ name }) => name !== 'RestClient.whoami'), {});
    for (const { name, error, afterMs } of ends) {
      // Taking back what was made for it has half a minute more.
      expect({ name, isInTime: looksAtDisk(name) || afterMs <= 7 * minute }).toEqual({ name, isInTime: true });
      const timeout = error.kind === 'restoreFailed' ? error.cause : error;
      expect({ name, isInTime: timeout instanceof TinkerError && isWithin(timeout, 6 * minute) }).toEqual({ name, isInTime: true });
      expect({ name, timeout }).toMatchObject({ timeout: { kind: 'timeout', attempts: 5 } });
    }
    await service.close();
  });

  it('leaves an operation of a queue wedged within its deadline, by a time-out that says so', async () => {
    const { service, environment, fallSilent, queued, trainings } = await everyCall();
    fallSilent();
    const ends = await endsOf(environment, queued, {});
    for (const { name, error, afterMs } of ends) {
      expect({ name, kind: error.kind, isInTime: afterMs <= 6 * minute }).toEqual({ name, kind: 'wedged', isInTime: true });
      expect(error).toMatchObject({ attempts: 5, seqId: 1, cause: { kind: 'timeout', attempts: 5, seqId: 1 } });
      expect(error.message).toContain('5 attempts');
    }
    expect(trainings.map((training) => training.getSnapshot().state)).toEqual(trainings.map(() => 'wedged'));
    await service.close();
  });

  it('ends where the server has taken an operation and never tells its result', async () => {
    const { service, environment, fallSilent, queued, asked } = await everyCall();
    fallSilent(/retrieve_future/);
    const lone = asked.filter(({ name }) => name === 'ServiceClient.createLoraTrainingClient');
    const single = queued.filter(({ name }) => !name.endsWith('.step'));
    const ends = await endsOf(environment, [...single, ...lone], {}, 10 * second);
    for (const { name, error, afterMs } of ends) {
      // Polls may go unanswered for an hour, and the last one comes on top; moving the clock in steps adds to it.
      expect({ name, kind: error.kind, isInTime: isWithin(error, 61 * minute) && afterMs <= 90 * minute }).toEqual({ name, kind: 'timeout', isInTime: true });
      expect(error.message).toMatch(/no answer to a poll within 45000 ms \(\d+ polls\)\. Nothing was heard for \d+ ms/);
      expect(Number(error.polls)).toBeGreaterThan(40);
      expect(error.requestId).toMatch(/^r\d+$/);
      if (name.startsWith('TrainingClient')) expect(error.seqId).toBe(1);
    }
    await service.close();
  });

  it('ends a sample that nobody answers after two hours without any progress', async () => {
    const { service, environment, fallSilent, sampled } = await everyCall();
    fallSilent(/asample/);
    const ends = await endsOf(environment, sampled, {}, 10 * second);
    for (const { name, error, afterMs } of ends) {
      expect({ name, kind: error.kind, isInTime: afterMs <= 121 * minute }).toEqual({ name, kind: 'timeout', isInTime: true });
      expect(Number(error.attempts)).toBeGreaterThan(100);
    }
    await service.close();
  });

  it('closes within a second, whatever telemetry waits for', async () => {
    const { service, environment, fallSilent } = silentService({ telemetry: true });
    await service.createSamplingClient({ baseModel: 'base' });
    fallSilent();
    const from = environment.now();
    await advanceUntil(environment, service.close(), { stepMs: 100 });
    expect(environment.now() - from).toBeLessThanOrEqual(second);
  });
});
