import { describe, expect, it } from '@jest/globals';
import type { Datum } from '../../src/index.js';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { broken, json } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

// One describe per defect that was seen in another client of this API, by its number in the design.

const data = [datum([1, 2]), datum([3, 4]), datum([5, 6])];
const seqIds = (requests: readonly { readonly body: Readonly<Record<string, unknown>> }[]) => requests.map(({ body }) => body['seq_id']);

describe.each(['json', 'protobuf'] as const)('D2: one chunk refused when several go together jams the client (%s)', (encoding) => {
  const chunked = () => scriptedTraining({ encoding }, { fwdbwd_max_chunk_len: 1 });

  it('goes on with the numbers that were not used, when the server took no chunk', async () => {
    const { server, service, training } = await chunked();
    server.times(2, 'forward_backward', () => json({ detail: 'unknown loss' }, 400));
    const pass = training.forwardBackward(data, 'custom_loss');
    const step = training.optimStep();
    expect(await rejection(pass)).toMatchObject({ kind: 'http', status: 400, operationId: pass.id });
    await expect(step).resolves.toEqual({ metrics: { step: 1 } });
    expect([seqIds(server.to('forward_backward')), step.seqId]).toEqual([[2, 3], 1]);
    expect(training.getSnapshot()).toMatchObject({ state: 'idle', counters: { accepted: 1, done: 1, failed: 1 } });
    await service.close();
  });

  it('stands still when the gradients may hold a part, says so, and goes on as it is told', async () => {
    const { server, service, training } = await chunked();
    server.next('forward_backward', () => json({ detail: 'too large' }, 413));
    const pass = training.forwardBackward(data, 'cross_entropy');
    const step = training.optimStep();
    expect(await rejection(pass)).toMatchObject({ kind: 'wedged', message: expect.stringContaining('the server has taken 1 of its 3 parts') });
    expect([training.getSnapshot().state, server.to('optim_step')]).toEqual(['wedged', []]);
    training.skip();
    await expect(step).resolves.toEqual({ metrics: { step: 1 } });
    // Number 1 was never sent, hence it is free for what comes next.
    expect([seqIds(server.to('forward_backward')), step.seqId]).toEqual([[2, 3], 1]);
    await service.close();
  });

  it('sends what is missing, and nothing twice, when it is told to try again', async () => {
    const { server, service, training } = await chunked();
    server.next('forward_backward', () => json({ detail: 'too large' }, 413));
    const pass = training.forwardBackward(data, 'cross_entropy');
    const step = training.optimStep();
    await rejection(pass);
    training.retry();
    await step;
    expect([seqIds(server.to('forward_backward')), step.seqId]).toEqual([[2, 3, 2, 1], 4]);
    await service.close();
  });

  it('goes on when one chunk of several is lost on the way for as long as it is tried', async () => {
    const { server, environment, service, training } = await chunked();
    server.times(1000, 'forward_backward', () => broken());
    const pass = training.forwardBackward(data, 'cross_entropy');
    const step = training.optimStep();
    const failed = rejection(pass);
    expect(await advanceUntil(environment, failed)).toMatchObject({ kind: 'wedged' });
    training.skip();
    await expect(step).resolves.toEqual({ metrics: { step: 1 } });
    await service.close();
  });
});

describe('D17: an oversized first datum makes an empty chunk', () => {
  it.each(['json', 'protobuf'] as const)('sends it alone, and nothing empty (%s)', async (encoding) => {
    const { server, service, training } = await scriptedTraining({ encoding }, { fwdbwd_max_chunk_bytes_count: 40 });
    const large: Datum = datum(Array.from({ length: 20 }, (_, token) => token));
    await training.forwardBackward([large, datum([1, 2]), datum([3, 4])], 'cross_entropy');
    const sizes = server.to('forward_backward').map(({ body }) => {
      const input = body['pass'] ?? body['forward_backward_input'];
      return typeof input === 'object' && input !== null && 'data' in input && Array.isArray(input.data) ? input.data.length : 0;
    });
    expect(sizes).toEqual([2, 1]);
    await service.close();
  });
});
