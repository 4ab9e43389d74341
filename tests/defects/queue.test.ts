import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import type { ScriptedServer} from '../support/scripted-server.js';
import { broken, held, json, type ReceivedRequest } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

// One describe per defect that was seen in another client of this API, by its number in the design.

describe('D1: a cancelled or timed-out queued operation jams the client', () => {
  it('goes on after a queued operation was cancelled', async () => {
    const { server, service, training } = await scriptedTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    const first = training.optimStep();
    const cancelled = training.optimStep();
    const third = training.optimStep();
    cancelled.cancel();
    expect(await rejection(cancelled)).toMatchObject({ kind: 'cancelled' });
    await settle();
    const [request] = server.to('optim_step');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, {}));
    await Promise.all([first, third]);
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
    await service.close();
  });

  it('goes on after a queued operation ran out of its own time', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    const first = training.optimStep();
    const late = training.saveState('late', { timeoutMs: 5_000 });
    const third = training.optimStep();
    const error = rejection(late);
    await settle();
    environment.clock.increment(5_000);
    expect(await error).toMatchObject({ kind: 'timeout', elapsedMs: 5_000, operationId: late.id });
    const [request] = server.to('optim_step');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, {}));
    await Promise.all([first, third]);
    expect(server.to('save_weights')).toHaveLength(0);
    expect(third.seqId).toBe(2);
    await service.close();
  });

  it('goes on after somebody gave up waiting for a queued operation, which stays in its place', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    training.optimStep().cancel();
    const waited = training.optimStep();
    const error = rejection(waited.result({ timeoutMs: 100 }));
    await settle();
    environment.clock.increment(100);
    expect(await error).toMatchObject({ kind: 'timeout' });
    answer.release(json({ request_id: 'x' }));
    await expect(waited).resolves.toEqual({ metrics: { step: 1 } });
    await service.close();
  });
});

/** Executes an operation at most once per idempotency key, and knows nothing of sequence numbers. */
function onceByKey(server: ScriptedServer, lost: number): (request: ReceivedRequest) => Response {
  const receipts = new Map<string, Response>();
  let losses = lost;
  return (request) => {
    const key = request.headers.get('x-idempotency-key') ?? '';
    const receipt = receipts.get(key) ?? server.accept(request, { metrics: {} });
    receipts.set(key, receipt);
    if (losses > 0) {
      losses -= 1;
      return broken();
    }
    return receipt.clone();
  };
}

describe('D4: a retry after a lost answer applies a step twice', () => {
  it('is executed once by a server that knows idempotency keys only', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    server.times(4, 'optim_step', onceByKey(server, 3));
    await advanceUntil(environment, training.optimStep());
    expect(server.to('optim_step')).toHaveLength(4);
    expect(server.executed.filter(({ path }) => path === 'optim_step')).toEqual([{ path: 'optim_step', seqId: 1 }]);
    await service.close();
  });
});

describe('D5: "name exists" on a save is retried for five minutes', () => {
  it('is reported after one request', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('save_weights', () => json({ detail: 'Checkpoint already exists' }, 409));
    const save = training.saveState('taken');
    expect(await rejection(save)).toMatchObject({ kind: 'http', status: 409, attempts: 1, message: expect.stringContaining('already exists') });
    expect(server.to('save_weights')).toHaveLength(1);
    await service.close();
  });
});

describe('D8: calls made without awaiting reach the server out of order', () => {
  it('keeps the order over 1,000 rounds', async () => {
    const { server, service, training } = await scriptedTraining();
    const rounds = Array.from({ length: 1_000 }, () => [training.forwardBackward([datum()], 'cross_entropy'), training.optimStep()]);
    await Promise.all(rounds.flat());
    // The operations alternate, so their order alone would look the same backwards: each must have its own number.
    expect(rounds.flat().map(({ seqId }) => seqId)).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    expect(server.executed.slice(1)).toEqual(
      rounds.flatMap((_, round) => [
        { path: 'forward_backward', seqId: 2 * round + 1 },
        { path: 'optim_step', seqId: 2 * round + 2 },
      ]),
    );
    await service.close();
  }, 60_000);
});

describe('D9: sequence numbers are used up by operations that are never sent', () => {
  it('spends none on local validation errors and closed doors', async () => {
    const { server, service, training } = await scriptedTraining();
    const nan = { ...datum(), lossFnInputs: { target_tokens: [1, 2], weights: [1, Number.NaN] } };
    await rejection(training.forwardBackward([nan], 'cross_entropy'));
    await rejection(training.forwardBackward([{ ...datum(), lossFnInputs: {} }], 'cross_entropy'));
    await rejection(training.saveState(''));
    await rejection(training.optimStep({ learningRate: -1 }));
    await rejection(training.optimStep({}, { signal: AbortSignal.abort() }));
    await training.optimStep();
    expect(server.executed.slice(1)).toEqual([{ path: 'optim_step', seqId: 1 }]);
    await service.close();
  });

  it('gives the number of a chunk that was never sent to the next operation', async () => {
    const { server, service, training } = await scriptedTraining({}, { fwdbwd_max_chunk_len: 1, parallel_fwdbwd_chunks: false });
    server.next('forward_backward', () => json({ detail: 'bad' }, 400));
    await rejection(training.forwardBackward([datum(), datum(), datum()], 'cross_entropy'));
    await training.optimStep();
    await training.optimStep();
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([2, 3, 4]);
    await service.close();
  });
});
