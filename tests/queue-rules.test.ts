import { describe, expect, it } from '@jest/globals';
import { ModelInput, type CustomLossResult } from '../src/index.js';
import { datum, rejection } from './support/clients.js';
import { openTraining } from './support/open-training.js';
import { broken, held, json } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';
import { untyped } from './support/untyped.js';

/** One datum whose encoding takes much longer than that of an optimizer step. */
function largeDatum() {
  return datum(Array.from({ length: 200_000 }, (_, index) => index % 250));
}

const smallChunks = { fwdbwd_max_chunk_len: 1 };

describe('rule 1: order is fixed when the method is called', () => {
  it('sends calls made without awaiting in the order of the calls, however long encoding takes', async () => {
    const { server, training } = await openTraining();
    const calls = [
      training.forwardBackward([largeDatum()], 'cross_entropy'),
      training.optimStep(),
      training.saveState('a'),
      training.forwardBackward([datum()], 'cross_entropy'),
      training.optimStep(),
    ];
    await Promise.all(calls);
    expect(server.executed.slice(1)).toEqual([
      { path: 'forward_backward', seqId: 1 },
      { path: 'optim_step', seqId: 2 },
      { path: 'save_weights', seqId: 3 },
      { path: 'forward_backward', seqId: 4 },
      { path: 'optim_step', seqId: 5 },
    ]);
  });
});

describe('rule 2: validation comes first', () => {
  it('rejects the operation alone and uses no number', async () => {
    const { server, training } = await openTraining();
    const bad = [
      training.forwardBackward([], 'cross_entropy'),
      training.optimStep({ beta1: 1 }),
      training.saveState('a/b'),
      training.loadState(untyped<string>('"tinker://run/sampler_weights/x"')),
    ];
    const good = training.optimStep();
    for (const operation of bad) expect(await rejection(operation)).toMatchObject({ kind: 'validation', operationId: operation.id });
    await good;
    expect(good.seqId).toBe(1);
    expect(server.to('optim_step')).toHaveLength(1);
    expect(training.getSnapshot()).toMatchObject({ state: 'idle', nextSeqId: 2, counters: { accepted: 1, failed: 0 } });
  });
});

describe('rule 3: numbers are assigned at dispatch', () => {
  it('gives none to an operation that is still queued, and none to one that is never sent', async () => {
    const { server, training } = await openTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    const first = training.optimStep();
    const second = training.optimStep();
    const third = training.optimStep();
    await settle();
    expect([first.seqId, second.seqId, third.seqId]).toEqual([1, undefined, undefined]);
    second.cancel();
    answer.release(server.accept({ path: '/api/v1/optim_step', search: '', method: 'POST', headers: new Headers(), text: '', body: { seq_id: 1 } }, {}));
    await Promise.all([first, third]);
    expect(third.seqId).toBe(2);
    expect(await rejection(second)).toMatchObject({ kind: 'cancelled' });
  });
});

describe('rule 4: a re-send is the same request', () => {
  it('keeps number, bytes and idempotency key over every attempt', async () => {
    const { server, environment, training } = await openTraining();
    server.next('optim_step', () => broken()).next('optim_step', () => json({ detail: 'busy' }, 503)).next('optim_step', () => json({}, 429));
    const step = training.optimStep({ learningRate: 0.5 });
    await advanceUntil(environment, step);
    const sent = server.to('optim_step');
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    expect(new Set(sent.map(({ headers }) => headers.get('x-idempotency-key'))).size).toBe(1);
    expect(sent.map(({ headers }) => headers.get('x-stainless-retry-count'))).toEqual(['0', '1', '2', '3']);
    expect(sent[0]?.body['seq_id']).toBe(1);
  });

  it('sends the same bytes although the caller has changed its array in between', async () => {
    const { server, environment, training } = await openTraining();
    const tokens = Int32Array.from([1, 2, 3]);
    const targets = Int32Array.from([2, 3, 4]);
    server.next('forward_backward', () => {
      tokens.fill(9);
      targets.fill(9);
      return broken();
    });
    const data = [{ modelInput: ModelInput.fromInts(tokens), lossFnInputs: { target_tokens: targets, weights: [1, 1, 1] } }];
    await advanceUntil(environment, training.forwardBackward(data, 'cross_entropy'));
    const [first, second] = server.to('forward_backward');
    expect(second?.text).toBe(first?.text);
    expect(first?.text).toContain('"tokens":[1,2,3]');
  });
});

describe('rule 5: one submission at a time', () => {
  it('sends the next operation only after the server has answered the one before', async () => {
    const { server, training } = await openTraining();
    const answer = held();
    server.next('save_weights', answer.handler);
    const save = training.saveState('a');
    const step = training.optimStep();
    await settle();
    expect(server.to('optim_step')).toHaveLength(0);
    const [request] = server.to('save_weights');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, { path: 'tinker://S:train:0/weights/a' }));
    await Promise.all([save, step]);
    expect(server.executed.slice(1).map(({ path }) => path)).toEqual(['save_weights', 'optim_step']);
  });

  it('sends chunks 2…n together, then chunk 1, as one item of the queue', async () => {
    const { server, training } = await openTraining({}, smallChunks);
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    const step = training.optimStep();
    const output = await pass;
    await step;
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([2, 3, 1, 4]);
    expect(output.lossFnOutputs).toHaveLength(3);
    expect(output.metrics).toEqual({ 'loss:sum': 1.5 });
  });

  it('waits for chunks 2…n before it sends chunk 1', async () => {
    const { server, training } = await openTraining({}, smallChunks);
    const answer = held();
    server.next('forward_backward', answer.handler);
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    await settle();
    expect(server.to('forward_backward').map(({ body }) => body['seq_id'])).toEqual([2, 3]);
    const [request] = server.to('forward_backward');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, { loss_fn_outputs: [], metrics: {} }));
    await pass;
    expect(server.to('forward_backward').map(({ body }) => body['seq_id'])).toEqual([2, 3, 1]);
  });

  it('sends chunks one after the other where the server wants that', async () => {
    const { server, training } = await openTraining({}, { ...smallChunks, parallel_fwdbwd_chunks: false });
    await training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2, 3]);
  });

  it('keeps the place of a custom loss: what was called after it is sent after its backward pass', async () => {
    const { server, training } = await openTraining();
    const working: { finish?: (result: CustomLossResult) => void } = {};
    server.next('retrieve_future', () =>
      json({ loss_fn_outputs: [{ logprobs: { data: [-1, -1], dtype: 'float32', shape: [2] } }] }),
    );
    const custom = training.forwardBackwardCustom([datum()], () => new Promise((resolve) => (working.finish = resolve)));
    const after = [training.optimStep(), training.saveState('after')];
    await settle();
    expect(server.executed.slice(1)).toEqual([{ path: 'forward', seqId: 1 }]);
    working.finish?.({ loss: 2, gradients: [[1, 1]] });
    await Promise.all([custom, ...after]);
    expect(server.executed.slice(1)).toEqual([
      { path: 'forward', seqId: 1 },
      { path: 'forward_backward', seqId: 2 },
      { path: 'optim_step', seqId: 3 },
      { path: 'save_weights', seqId: 4 },
    ]);
  });

  it('is wedged when a chunk is refused after another was accepted, and fills the gap after skip()', async () => {
    const { server, training } = await openTraining({}, smallChunks);
    server.next('forward_backward', () => json({ detail: 'bad datum' }, 400));
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    const step = training.optimStep();
    const error = await rejection(pass);
    expect(error).toMatchObject({ kind: 'wedged', operationId: pass.id });
    expect(String(error)).toContain('has taken 1 of its 3 parts');
    expect(String(error)).toContain('retry()');
    expect(training.getSnapshot().state).toBe('wedged');
    expect(server.to('optim_step')).toHaveLength(0);
    training.skip();
    await step;
    expect(step.seqId).toBe(1);
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([3, 1, 4]);
  });

  it('fails plainly when all chunks that were sent are refused, and goes on without a gap', async () => {
    const { server, training } = await openTraining({}, smallChunks);
    server.times(2, 'forward_backward', () => json({ detail: 'bad datum' }, 400));
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    expect(await rejection(pass)).toMatchObject({ kind: 'http', status: 400 });
    await training.optimStep();
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 4]);
  });
});
