import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { json, type Handler } from '../support/scripted-server.js';
import { advanceUntil, settle, type SimulatedEnvironment } from '../support/simulated.js';

const data = Array.from({ length: 8 }, (_, index) => datum([index + 1, index + 2]));
const oneAtATime = { fwdbwd_max_chunk_len: 1, fwdbwd_dispatch_bytes_semaphore_size: 0 };

/** An answer after a while, as over a slow connection. */
function slowly({ clock }: SimulatedEnvironment, ms: number, answer: Handler): Handler {
  return (request, signal) => new Promise((resolve) => clock.setTimeout(() => resolve(answer(request, signal)), ms));
}

const result = { loss_fn_output_type: 'ArrayRecord', loss_fn_outputs: [{ logprobs: { data: [-0.5], dtype: 'float32', shape: [1] } }], metrics: {} };

describe('a batch that takes far longer to send than one attempt may', () => {
  it('arrives whole, each chunk once: waiting for room is no attempt', async () => {
    const { server, service, environment, training } = await scriptedTraining({}, oneAtATime);
    server.times(8, 'forward_backward', slowly(environment, 50_000, (request) => server.accept(request, result)));
    const { lossFnOutputs } = await advanceUntil(environment, training.forwardBackward(data, 'cross_entropy'));
    expect(lossFnOutputs).toHaveLength(8);
    expect(environment.now()).toBeGreaterThanOrEqual(400_000);
    expect(server.to('forward_backward').map(({ headers, body }) => [body['seq_id'], headers.get('x-stainless-retry-count')])).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 1].map((seqId) => [seqId, '0']),
    );
    expect(training.getSnapshot().state).toBe('idle');
    await service.close();
  });

  it('arrives whole where the first chunk finds out what the server reads', async () => {
    const { server, service, environment, training } = await scriptedTraining({ encoding: 'auto' }, { fwdbwd_max_chunk_len: 1 });
    const refuse = slowly(environment, 55_000, () => json({ detail: 'JSON only' }, 415));
    server.next('forward_backward', refuse);
    server.next('forward_backward', slowly(environment, 4_000, (request) => server.accept(request, result)));
    server.times(7, 'forward_backward', slowly(environment, 30_000, (request) => server.accept(request, result)));
    await advanceUntil(environment, training.forwardBackward(data, 'cross_entropy'));
    expect(server.to('forward_backward').map(({ headers }) => headers.get('x-stainless-retry-count'))).toEqual(Array.from({ length: 9 }, () => '0'));
    await service.close();
  });

  it('gives its room back when the client is closed, so that others of the service can send', async () => {
    const { server, service, training } = await scriptedTraining({}, oneAtATime);
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    server.next('forward_backward', () => new Promise(() => undefined));
    const pass = training.forwardBackward(data, 'cross_entropy');
    await settle();
    const waiting = other.forwardBackward(data.slice(0, 2), 'cross_entropy');
    await settle();
    expect(server.to('forward_backward')).toHaveLength(1);
    training.close();
    expect(await rejection(pass)).toMatchObject({ kind: 'cancelled' });
    await expect(waiting).resolves.toMatchObject({ metrics: expect.anything() });
    expect(server.to('forward_backward').map(({ body }) => [body['model_id'], body['seq_id']])).toEqual([['S:train:0', 2], ['S:train:1', 2], ['S:train:1', 1]]);
    await service.close();
  });

  it('is given up at once with the service', async () => {
    const { server, service, training } = await scriptedTraining({}, oneAtATime);
    server.next('forward_backward', () => new Promise(() => undefined));
    const pass = training.forwardBackward(data, 'cross_entropy');
    await settle();
    await service.close();
    expect(await rejection(pass)).toMatchObject({ kind: 'cancelled' });
    await settle();
    expect(server.to('forward_backward')).toHaveLength(1);
  });
});
