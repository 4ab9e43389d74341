import { describe, expect, it } from '@jest/globals';
import type { WaitOptions } from '../../src/calls/wait.js';
import { datum, rejection } from '../support/clients.js';
import { World } from '../support/journaled-service.js';
import { advanceUntil, settle } from '../support/simulated.js';

const second = 1_000;
const minute = 60 * second;
const unanswered: typeof globalThis.fetch = (input, init) => {
  const { signal } = new Request(input, init);
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true }));
};

/** Resumes, on a server that says nothing any more, what was killed in an optimizer step; how that ends, and when. */
async function resumeInSilence(options: WaitOptions) {
  const world = new World();
  const { training, process } = await world.training();
  await training.forwardBackward([datum()], 'cross_entropy');
  world.server.next('optim_step', () => new Promise<Response>(() => undefined));
  training.optimStep().then(() => undefined, () => undefined);
  await settle();
  process.die();
  let sent = 0;
  const fetch: typeof globalThis.fetch = (...given) => {
    sent += 1;
    return unanswered(...given);
  };
  const { service, environment } = world.service({ fetch });
  const from = environment.now();
  const error = await advanceUntil(environment, rejection(service.resumeTrainingClient(undefined, options)), { stepMs: second });
  return { error, sent, afterMs: environment.now() - from };
}

describe('resumeTrainingClient on a server that does not answer', () => {
  it('sends nothing when its signal was aborted before', async () => {
    expect(await resumeInSilence({ signal: AbortSignal.abort() })).toMatchObject({ error: { kind: 'cancelled' }, sent: 0, afterMs: 0 });
  });

  it('ends with its timeoutMs, and says what it waited for', async () => {
    const { error, afterMs } = await resumeInSilence({ timeoutMs: 5 * second });
    expect(error).toMatchObject({ kind: 'timeout', operation: 'resumeTrainingClient', elapsedMs: 5 * second, message: expect.stringContaining('1 attempt') });
    expect(afterMs).toBe(5 * second);
  });

  it('ends within its deadline', async () => {
    const { error, afterMs } = await resumeInSilence({});
    expect(error).toMatchObject({ kind: 'timeout', attempts: 5 });
    expect(afterMs).toBeLessThanOrEqual(6 * minute);
  });
});
