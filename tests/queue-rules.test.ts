import { afterEach, describe, expect, it } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { ModelInput, TinkerError, type CustomLossResult } from '../src/index.js';
import { datum, rejection, scriptedTraining } from './support/clients.js';
import { broken, held, json } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';
import { untyped } from './support/untyped.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const open: typeof scriptedTraining = async (...options) => {
  const scripted = await scriptedTraining(...options);
  closers.push(() => scripted.service.close());
  return scripted;
};

/** One datum whose encoding takes much longer than that of an optimizer step. */
function largeDatum() {
  return datum(Array.from({ length: 200_000 }, (_, index) => index % 250));
}

const smallChunks = { fwdbwd_max_chunk_len: 1 };

describe('rule 1: order is fixed when the method is called', () => {
  it('sends calls made without awaiting in the order of the calls, however long encoding takes', async () => {
    const { server, training } = await open();
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
    const { server, training } = await open();
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
    const { server, training } = await open();
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
    const { server, environment, training } = await open();
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
    const { server, environment, training } = await open();
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
    const { server, training } = await open();
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
    const { server, training } = await open({}, smallChunks);
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    const step = training.optimStep();
    const output = await pass;
    await step;
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([2, 3, 1, 4]);
    expect(output.lossFnOutputs).toHaveLength(3);
    expect(output.metrics).toEqual({ 'loss:sum': 1.5 });
  });

  it('waits for chunks 2…n before it sends chunk 1', async () => {
    const { server, training } = await open({}, smallChunks);
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
    const { server, training } = await open({}, { ...smallChunks, parallel_fwdbwd_chunks: false });
    await training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2, 3]);
  });

  it('keeps the place of a custom loss: what was called after it is sent after its backward pass', async () => {
    const { server, training } = await open();
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
    const { server, training } = await open({}, smallChunks);
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
    const { server, training } = await open({}, smallChunks);
    server.times(2, 'forward_backward', () => json({ detail: 'bad datum' }, 400));
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    expect(await rejection(pass)).toMatchObject({ kind: 'http', status: 400 });
    await training.optimStep();
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 4]);
  });
});

describe('rule 6: polls run free', () => {
  it('asks for many results at once', async () => {
    const { server, training } = await open();
    const answers = Array.from({ length: 20 }, held);
    for (const { handler } of answers) server.next('retrieve_future', handler);
    const steps = Array.from({ length: 20 }, () => training.optimStep());
    await settle(60);
    expect(server.to('retrieve_future')).toHaveLength(21);
    expect(training.getSnapshot().inFlight.map(({ seqIds }) => seqIds[0])).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    answers.reverse().forEach(({ release }) => release(json({ metrics: {} })));
    await Promise.all(steps);
  });

  it('holds a large result back until there is room for it', async () => {
    const { server, training } = await open({}, { inflight_response_bytes_semaphore_size: 10 });
    const download = held();
    const announced = () => json({ status: 'complete_metadata', response_payload_size: 100 });
    server.next('retrieve_future', announced).next('retrieve_future', download.handler).next('retrieve_future', announced);
    const first = training.forward([datum()], 'cross_entropy');
    await settle();
    const second = training.forward([datum()], 'cross_entropy');
    await settle();
    const flags = () => server.to('retrieve_future').slice(1).map(({ body }) => body['allow_metadata_only']);
    expect(flags()).toEqual([true, false, true]);
    download.release(json({ loss_fn_outputs: [] }));
    await Promise.all([first, second]);
    expect(flags()).toEqual([true, false, true, false]);
  });
});

describe('rule 7: a definite refusal', () => {
  it.each([400, 401, 403, 404, 409, 413, 422])('fails that operation with status %i; its number is spent and the next goes on', async (status) => {
    const { server, training } = await open();
    server.next('optim_step', () => json({ detail: 'no' }, status));
    const refused = training.optimStep();
    const next = training.optimStep();
    expect(await rejection(refused)).toMatchObject({ kind: 'http', status, seqId: 1, operationId: refused.id, attempts: 1 });
    await next;
    expect(next.seqId).toBe(2);
    expect(server.to('optim_step')).toHaveLength(2);
  });
});

describe('rule 8: an ambiguous end', () => {
  it('wedges the client: nothing later is sent until retry(), which sends the same bytes', async () => {
    const { server, environment, training } = await open({ requestDeadlineMs: 2_000 });
    server.times(4, 'optim_step', () => broken());
    const step = training.optimStep({ learningRate: 0.25 });
    const save = training.saveState('a');
    const error = await advanceUntil(environment, rejection(step));
    expect(error).toBeInstanceOf(TinkerError);
    expect(error).toMatchObject({ kind: 'wedged', operationId: step.id, seqId: 1 });
    expect(String(error)).toMatch(/may or may not have taken it.*retry\(\).*skip\(\)/);
    environment.clock.increment(3_600_000);
    await settle();
    expect(server.to('save_weights')).toHaveLength(0);
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', queue: [{ id: save.id, kind: 'saveState' }] });

    const attempts = server.to('optim_step').length;
    training.retry();
    await expect(advanceUntil(environment, step)).resolves.toEqual({ metrics: { step: 1 } });
    await save;
    const sent = server.to('optim_step');
    expect(sent).toHaveLength(attempts + 1);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
  });

  it('goes on with the next number after skip()', async () => {
    const { server, environment, training } = await open({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => json('oops', 500));
    const step = training.optimStep();
    expect(await advanceUntil(environment, rejection(step))).toMatchObject({ kind: 'wedged', status: 500 });
    const next = training.optimStep();
    training.skip();
    await next;
    expect(next.seqId).toBe(2);
    expect(await rejection(step)).toMatchObject({ kind: 'wedged' });
  });

  it('lets only a wedged client be retried or skipped', async () => {
    const { training } = await open();
    expect(() => training.retry()).toThrow('retry: the client is idle; only a wedged client is decided on');
    expect(() => training.skip()).toThrow('skip: the client is idle');
  });
});

describe('rule 9: cancelling', () => {
  it('removes a queued operation without a number', async () => {
    const { server, training } = await open();
    const answer = held();
    server.next('optim_step', answer.handler);
    const first = training.optimStep();
    const queued = training.saveState('never');
    await settle();
    queued.cancel();
    expect(await rejection(queued)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('before it was sent') });
    expect(queued.status).toBe('cancelled');
    answer.release(json({ request_id: 'x' }));
    await rejection(first);
    await training.optimStep();
    expect(server.to('save_weights')).toHaveLength(0);
    expect(training.getSnapshot().nextSeqId).toBe(3);
  });

  it('stops waiting for a dispatched one, and lets the server go on', async () => {
    const { server, training } = await open();
    server.next('retrieve_future', held().handler);
    const step = training.optimStep();
    await settle();
    expect(step.status).toBe('polling');
    step.cancel();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('the server goes on with it') });
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
    expect(training.getSnapshot().inFlight).toEqual([]);
  });
});

describe('rule 10: saves are ordered operations', () => {
  it('holds the weights as of the call: a following optimStep is sent after the save was accepted', async () => {
    const { server, training } = await open();
    await training.optimStep();
    const answer = held();
    server.next('save_weights', answer.handler);
    const save = training.saveState('one-step');
    const step = training.optimStep();
    await settle();
    expect(server.to('optim_step')).toHaveLength(1);
    const [request] = server.to('save_weights');
    if (request === undefined) throw new Error('nothing was sent');
    answer.release(server.accept(request, { path: 'tinker://S:train:0/weights/one-step' }));
    await expect(save).resolves.toEqual({ path: 'tinker://S:train:0/weights/one-step', seqId: 2, optimStepsBefore: 1 });
    await step;
    expect(training.getSnapshot().lastCheckpoint).toEqual({ path: 'tinker://S:train:0/weights/one-step', seqId: 2, optimStepsBefore: 1 });
  });
});

describe('rule 11: loads', () => {
  it('are one event to one transition, with the optimizer flag always sent', async () => {
    const events: unknown[] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event' && event.event.type === 'load.requested') events.push(event.event);
    };
    const { server, training } = await open({ inspect });
    const plain = training.loadState('tinker://run/weights/x');
    const full = training.loadStateWithOptimizer('tinker://run/weights/x');
    await Promise.all([plain, full]);
    const entry = { kind: 'loadState', bytes: 200, parts: 1, together: true, secondPass: false };
    expect(events).toEqual([
      { type: 'load.requested', optimizer: false, entry: { ...entry, id: plain.id } },
      { type: 'load.requested', optimizer: true, entry: { ...entry, id: full.id } },
    ]);
    expect(server.to('load_weights').map(({ body }) => body['optimizer'])).toEqual([false, true]);
  });
});

describe('rule 12: stopping', () => {
  it('aborts polls, rejects what is open with cancelled, and leaves nothing', async () => {
    const { server, service, environment, training } = await open();
    let aborted = false;
    server.next('retrieve_future', (_, signal) => {
      signal?.addEventListener('abort', () => {
        aborted = true;
      });
      return held().handler();
    });
    const polled = training.optimStep();
    await settle();
    server.next('optim_step', held().handler);
    const unfinished = [polled, training.optimStep(), training.saveState('queued')];
    await settle();
    training.close();
    for (const operation of unfinished) expect(await rejection(operation)).toMatchObject({ kind: 'cancelled' });
    expect(aborted).toBe(true);
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([]);
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual(['session']);
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'cancelled' });
    const before = server.requests.length;
    await service.close();
    environment.clock.increment(86_400_000);
    await settle();
    expect(server.requests).toHaveLength(before);
  });

  it('unloads the model when asked', async () => {
    const { server, training } = await open();
    await training.unload();
    expect(server.to('unload_model').map(({ body }) => body)).toEqual([{ model_id: 'S:train:0', type: 'unload_model' }]);
  });
});
