import { describe, expect, it } from '@jest/globals';
import { ModelInput, TensorData, type AdamSettings, type LossFnConfig } from '../src/index.js';
import { datum, rejection, scriptedTraining } from './support/clients.js';
import { broken, held, json } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';
import { untyped } from './support/untyped.js';

describe('TrainingClient', () => {
  it('sends a pass in the JSON dialect and gives its outputs and metrics', async () => {
    const { server, service, training } = await scriptedTraining();
    const output = await training.forwardBackward([datum([5, 6])], 'ppo', { clip_low_threshold: 0.5 });
    expect(server.to('forward_backward').map(({ text }) => text)).toEqual([
      '{"forward_backward_input":{"data":[{"loss_fn_inputs":{"target_tokens":{"data":[6],"dtype":"int64","shape":[1]},' +
        '"weights":{"data":[1],"dtype":"float32","shape":[1]}},"model_input":{"chunks":[{"tokens":[5],"type":"encoded_text"}]}}],' +
        '"loss_fn":"ppo","loss_fn_config":{"clip_low_threshold":0.5}},"model_id":"S:train:0","seq_id":1}',
    ]);
    expect(output).toEqual({
      lossFnOutputType: 'ArrayRecord',
      lossFnOutputs: [{ logprobs: new TensorData(Float32Array.from([-0.5])) }],
      metrics: { 'loss:sum': 0.5 },
    });
    await service.close();
  });

  it('sends a forward pass to its own endpoint', async () => {
    const { server, service, training } = await scriptedTraining();
    await training.forward([datum()], 'cross_entropy');
    expect(server.to('forward')[0]?.body).toMatchObject({ forward_input: { loss_fn: 'cross_entropy' }, seq_id: 1 });
    await service.close();
  });

  it('sends all six settings of AdamW, given or not', async () => {
    const { server, service, training } = await scriptedTraining();
    await training.optimStep({ learningRate: 0.5, gradClipNorm: 1 });
    expect(server.to('optim_step').map(({ body }) => body)).toEqual([
      {
        adam_params: { learning_rate: 0.5, beta1: 0.9, beta2: 0.95, eps: 1e-12, weight_decay: 0, grad_clip_norm: 1 },
        model_id: 'S:train:0',
        seq_id: 1,
        type: 'optim_step',
      },
    ]);
    await service.close();
  });

  it('tells what the server says about its queue, and times every leg', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const answer = held();
    server
      .next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'busy' }))
      .next('retrieve_future', answer.handler);
    const step = training.optimStep();
    expect([step.status, step.seqId, step.requestId]).toEqual(['sending', 1, undefined]);
    await settle();
    expect([step.status, step.queueState, step.queueStateReason, step.requestId]).toEqual(['paused', 'paused_capacity', 'busy', 'r2']);
    environment.clock.increment(20);
    await settle();
    expect(training.getSnapshot().inFlight).toEqual([
      { id: step.id, kind: 'optimStep', seqIds: [1], requestIds: ['r2'], ageMs: 20, polls: 2, queueState: 'paused_capacity' },
    ]);
    answer.release(json({ type: 'try_again', queue_state: 'active' }));
    await settle();
    expect([step.status, step.queueState]).toEqual(['polling', 'active']);
    environment.clock.increment(40);
    await step;
    expect(step.status).toBe('done');
    expect(step.timings).toEqual({ queuedMs: 0, sendingMs: 0, serverMs: 60, downloadMs: expect.any(Number) });
    await service.close();
  });

  it('gives a snapshot that JSON carries', async () => {
    const { service, training } = await scriptedTraining();
    await training.saveState('a');
    const expected = {
      modelId: 'S:train:0',
      state: 'idle',
      paused: false,
      queue: [],
      inFlight: [],
      nextSeqId: 2,
      optimSteps: 0,
      counters: { accepted: 1, done: 1, failed: 0, cancelled: 0 },
      lastCheckpoint: { path: 'tinker://S:train:0/weights/a', seqId: 1, optimStepsBefore: 0 },
    };
    expect(JSON.parse(JSON.stringify(training.getSnapshot()))).toEqual(expected);
    await service.close();
  });

  it('is visibly paused while the account is blocked', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    server.times(2, 'optim_step', () => json({ detail: 'no credit' }, 402));
    const step = training.optimStep();
    await settle();
    expect([step.status, step.queueState]).toEqual(['paused', 'paused_billing']);
    expect(step.queueStateReason).toContain('no credit');
    const cancelled = training.optimStep({}, { timeoutMs: 1_000 });
    environment.clock.increment(5_000);
    await settle();
    expect(await rejection(cancelled)).toMatchObject({ kind: 'timeout' });
    expect(step.status).toBe('paused');
    environment.clock.increment(5_000);
    await step;
    expect([step.status, step.queueState, server.to('optim_step').length]).toEqual(['done', undefined, 3]);
    await service.close();
  });

  it('stays cancelled when the account is blocked after that', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const answer = held();
    server.next('optim_step', answer.handler);
    const step = training.optimStep();
    await settle();
    step.cancel();
    answer.release(json({ detail: 'no credit' }, 402));
    await settle();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled' });
    expect(step.status).toBe('cancelled');
    environment.clock.increment(5_000);
    await settle();
    expect(server.executed.slice(1)).toEqual([{ path: 'optim_step', seqId: 1 }]);
    await service.close();
  });

  it('passes ttl and overwrite on with a save', async () => {
    const { server, service, training } = await scriptedTraining();
    await training.saveState('a', { ttlSeconds: 60, overwrite: true });
    expect(server.to('save_weights').map(({ text }) => text)).toEqual([
      '{"model_id":"S:train:0","path":"a","seq_id":1,"ttl_seconds":60,"overwrite":true,"type":"save_weights"}',
    ]);
    await service.close();
  });

  it.each<[string, (training: Awaited<ReturnType<typeof scriptedTraining>>['training']) => PromiseLike<unknown>, string]>([
    ['no data', (t) => t.forward([], 'cross_entropy'), 'data: got no datum, expected an array of at least one datum'],
    ['data that is none', (t) => t.forward(untyped('7'), 'cross_entropy'), 'data: got 7, expected an array of at least one datum'],
    ['no loss function', (t) => t.forward([datum()], ''), 'lossFn: got "", expected the name of a loss function such as "cross_entropy"'],
    [
      'a bad loss setting',
      (t) => t.forward([datum()], 'ppo', untyped<LossFnConfig>('{"clip":"x"}')),
      'lossFnConfig.clip: got "x", expected a finite number',
    ],
    [
      'no targets',
      (t) => t.forward([{ modelInput: ModelInput.fromInts([1]), lossFnInputs: {} }], 'cross_entropy'),
      'data[0].lossFnInputs.target_tokens: got undefined, expected the target token of every position, which cross_entropy needs',
    ],
    ['bad AdamW settings', (t) => t.optimStep(untyped<AdamSettings>('{"lr":1}')), 'adamParams.lr: got 1, expected one of'],
    ['a bad name', (t) => t.saveState('a/b'), 'name: got "a/b", expected 1 to 255 letters'],
    ['a bad ttl', (t) => t.saveState('a', { ttlSeconds: 0 }), 'ttlSeconds: got 0, expected a whole number of seconds, at least 1'],
    ['a bad flag', (t) => t.saveState('a', untyped('{"overwrite":"yes"}')), 'overwrite: got "yes", expected true or false'],
    ['a sampler path', (t) => t.loadState(untyped<string>('"tinker://r/sampler_weights/x"')), 'is one of the sampling API (createSamplingClient)'],
    ['no path', (t) => t.loadStateWithOptimizer('x'), 'path: got "x", expected a checkpoint path such as tinker://RUN/weights/NAME'],
    ['options that are none', (t) => t.saveState('a', untyped('null')), 'options: got null, expected an object'],
    ['a misspelt option', (t) => t.loadState('tinker://r/weights/x', untyped('{"token":"x"}')), 'options.token: there is no such option; the options are'],
    ['a bad deadline', (t) => t.optimStep({}, { timeoutMs: -5 }), 'timeoutMs: got -5'],
  ])('refuses %s before anything is sent', async (_, call, message) => {
    const { server, service, training } = await scriptedTraining();
    const before = server.requests.length;
    expect(await rejection(call(training))).toMatchObject({ kind: 'validation', message: expect.stringContaining(message) });
    expect(server.requests).toHaveLength(before);
    await service.close();
  });

  it('takes an operation back when its signal says so', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', held().handler);
    const controller = new AbortController();
    const step = training.optimStep({}, { signal: controller.signal });
    await settle();
    controller.abort();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled', operationId: step.id });
    expect(training.getSnapshot().inFlight).toEqual([]);
    await service.close();
  });

  it('refuses calls once it is closed', async () => {
    const { service, training } = await scriptedTraining();
    training.close();
    training.close();
    expect(await rejection(training.optimStep())).toMatchObject({
      kind: 'cancelled',
      message: 'The training client of S:train:0 is closed. Restore it from a checkpoint.',
    });
    expect(training.getSnapshot().state).toBe('stopped');
    await service.close();
  });

  it('keeps nothing of a wedged operation that was skipped or closed', async () => {
    const { server, environment, service, training } = await scriptedTraining({ requestDeadlineMs: 1 });
    server.times(4, 'optim_step', () => broken());
    const first = training.optimStep();
    await advanceUntil(environment, rejection(first));
    training.skip();
    await settle();
    expect(training.getSnapshot()).toMatchObject({ state: 'idle', inFlight: [], queue: [] });
    const second = training.optimStep();
    await advanceUntil(environment, rejection(second));
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', sending: { id: second.id, kind: 'optimStep', seqIds: [2] } });
    await service.close();
    expect(await rejection(second)).toMatchObject({ kind: 'wedged' });
  });

  it('reports an operation that fails and that nobody awaits', async () => {
    const { server, service, training, unobserved } = await scriptedTraining();
    server.next('optim_step', () => json({ detail: 'no' }, 400));
    training.optimStep();
    await settle();
    expect(unobserved).toEqual([expect.objectContaining({ kind: 'http', status: 400 })]);
    await service.close();
  });
});
