import { describe, expect, it } from '@jest/globals';
import type { CustomLoss, CustomLossResult, Datum, TensorData } from '../../src/index.js';
import { ModelInput } from '../../src/index.js';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { atRest, leftovers } from '../support/leftovers.js';
import { held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

/** A forward result with these log-probabilities per datum. */
function forwardResult(...rows: readonly number[][]) {
  return json({ loss_fn_outputs: rows.map((data) => ({ logprobs: { data, dtype: 'float32', shape: [data.length] } })), metrics: { 'loss:sum': 0 } });
}

/** Squared log-probabilities: its gradient differs from position to position. */
const squares: CustomLoss = (_, logprobs) => {
  const rows = logprobs.map((row) => row.toNumbers());
  return {
    loss: rows.flat().reduce((sum, p) => sum + p * p, 0),
    gradients: rows.map((row) => row.map((p) => 2 * p)),
    metrics: { squares: rows.flat().length },
  };
};

interface PassBody {
  readonly forward_input?: { readonly data: readonly { readonly loss_fn_inputs: unknown }[]; readonly loss_fn: string };
  readonly forward_backward_input?: PassBody['forward_input'];
}

describe('forwardBackwardCustom', () => {
  it('runs forward, works the loss out, and sends its negated gradients as weights backward', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => forwardResult([-0.5, -1.5], [-2, -0.25]));
    const seen: { data?: readonly Datum[]; logprobs?: readonly TensorData[] } = {};
    const data = [datum([1, 2, 3]), { modelInput: ModelInput.fromInts([4, 5]), lossFnInputs: { target_tokens: [5, 6] } }];
    const pass = training.forwardBackwardCustom(data, (given, logprobs) => {
      Object.assign(seen, { data: given, logprobs });
      return squares(given, logprobs);
    });
    const output = await pass;
    expect(seen.data).toBe(data);
    expect(seen.logprobs?.map(({ data: values, shape }) => [[...values], shape])).toEqual([
      [[-0.5, -1.5], [2]],
      [[-2, -0.25], [2]],
    ]);
    const forward = untyped<PassBody>(server.to('forward')[0]?.text ?? '').forward_input;
    expect(forward?.loss_fn).toBe('cross_entropy');
    expect(forward?.data.map(({ loss_fn_inputs }) => loss_fn_inputs)).toEqual([
      { target_tokens: { data: [2, 3], dtype: 'int64', shape: [2] }, weights: { data: [1, 1], dtype: 'float32', shape: [2] } },
      { target_tokens: { data: [5, 6], dtype: 'int64', shape: [2] }, weights: { data: [0, 0], dtype: 'float32', shape: [2] } },
    ]);
    const backward = untyped<PassBody>(server.to('forward_backward')[0]?.text ?? '').forward_backward_input;
    expect(backward?.loss_fn).toBe('cross_entropy');
    expect(backward?.data.map(({ loss_fn_inputs }) => loss_fn_inputs)).toEqual([
      { target_tokens: { data: [2, 3], dtype: 'int64', shape: [2] }, weights: { data: [1, 3], dtype: 'float32', shape: [2] } },
      { target_tokens: { data: [5, 6], dtype: 'int64', shape: [2] }, weights: { data: [4, 0.5], dtype: 'float32', shape: [2] } },
    ]);
    expect(output.loss).toBe(0.25 + 2.25 + 4 + 0.0625);
    expect(output.metrics).toEqual({ 'loss:sum': 0.5, squares: 4 });
    expect(server.to('retrieve_future').map(({ headers }) => headers.get('x-tinker-request-type'))).toEqual([
      'CreateModel',
      'Forward',
      'ForwardBackward',
    ]);
    expect([pass.status, pass.seqId, training.getSnapshot().counters]).toEqual(['done', 2, { accepted: 1, done: 1, failed: 0, cancelled: 0 }]);
    expect(leftovers(training)).toEqual(atRest);
    await service.close();
  });

  it('waits for a loss function that takes its time', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => forwardResult([-1, -1]));
    const working: { finish?: (result: CustomLossResult) => void } = {};
    const pass = training.forwardBackwardCustom([datum()], () => new Promise((resolve) => (working.finish = resolve)));
    const step = training.optimStep();
    await settle();
    expect(training.getSnapshot().state).toBe('computing');
    working.finish?.({ loss: 1, gradients: [new Float32Array(2)] });
    expect((await pass).loss).toBe(1);
    await step;
    expect(server.executed.slice(1).map(({ path }) => path)).toEqual(['forward', 'forward_backward', 'optim_step']);
    await service.close();
  });

  it.each<[string, () => CustomLossResult, string]>([
    [
      'throws',
      () => {
        throw new Error('division by nothing');
      },
      'the custom loss function threw: division by nothing',
    ],
    ['gives nothing', () => untyped<{ loss: CustomLossResult }>('{}').loss, 'the result of lossFn: got undefined, expected an object'],
    ['gives no finite loss', () => ({ loss: Number.NaN, gradients: [[0, 0]] }), 'loss of lossFn: got NaN, expected a finite number'],
    ['gives no gradients', () => untyped('{"loss":1}'), 'gradients of lossFn: got undefined, expected an array of 1, one per datum'],
    ['gives too few gradients', () => ({ loss: 1, gradients: [] }), 'gradients of lossFn: got an array of 0, expected an array of 1'],
    ['leaves a gradient out', () => untyped('{"loss":1,"gradients":[null]}'), 'gradients[0] of lossFn: got 0 numbers, expected 2'],
    ['gives a gradient of another size', () => ({ loss: 1, gradients: [[1]] }), 'gradients[0] of lossFn: got 1 number, expected 2'],
    ['gives a gradient that is no number', () => untyped('{"loss":1,"gradients":[[1,"x"]]}'), 'gradients[0] of lossFn[1]: got "x"'],
    ['gives an infinite gradient', () => ({ loss: 1, gradients: [[1, Infinity]] }), 'expected a finite number'],
    ['gives a metric that is no number', () => untyped('{"loss":1,"gradients":[[1,1]],"metrics":{"m":"x"}}'), 'metrics.m of lossFn: got "x"'],
  ])('fails alone when the loss function %s', async (_, lossFn, message) => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => forwardResult([-1, -1]));
    const pass = training.forwardBackwardCustom([datum()], lossFn);
    const step = training.optimStep();
    const error = await rejection(pass);
    expect(error).toMatchObject({ kind: 'validation', operationId: pass.id });
    expect(String(error)).toContain(message);
    await step;
    expect(server.executed.slice(1)).toEqual([{ path: 'forward', seqId: 1 }, { path: 'optim_step', seqId: 2 }]);
    expect(leftovers(training)).toEqual(atRest);
    await service.close();
  });

  it.each<[string, readonly Datum[], string]>([
    ['without targets', [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: {} }], 'data[0].lossFnInputs.target_tokens: got undefined'],
    [
      'with other loss inputs',
      [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: { target_tokens: [1], advantages: [1] } }],
      'data[0].lossFnInputs.advantages: got an object, expected target_tokens and weights only',
    ],
  ])('refuses data %s before anything is sent', async (_, data, message) => {
    const { server, service, training } = await scriptedTraining();
    const error = await rejection(training.forwardBackwardCustom(data, squares));
    expect(error).toMatchObject({ kind: 'validation' });
    expect(String(error)).toContain(message);
    expect(server.to('forward')).toEqual([]);
    await service.close();
  });

  it('refuses what is no function', async () => {
    const { service, training } = await scriptedTraining();
    expect(await rejection(training.forwardBackwardCustom([datum()], untyped('7')))).toMatchObject({
      kind: 'validation',
      message: 'lossFn: got 7, expected a function of the data and their log-probabilities',
    });
    await service.close();
  });

  it('fails when the forward pass does, or gives no log-probabilities', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => json({ error: 'out of memory', category: 'server' }));
    expect(await rejection(training.forwardBackwardCustom([datum()], squares))).toMatchObject({ kind: 'requestFailed', category: 'server' });
    server.next('retrieve_future', () => json({ loss_fn_outputs: [{}] }));
    expect(await rejection(training.forwardBackwardCustom([datum()], squares))).toMatchObject({
      kind: 'malformedResponse',
      message: expect.stringContaining('the 2 targets of data[0]'),
    });
    server.next('retrieve_future', () => forwardResult([-1]));
    expect(await rejection(training.forwardBackwardCustom([datum()], squares))).toMatchObject({ kind: 'malformedResponse' });
    await training.optimStep();
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2, 3, 4]);
    await service.close();
  });

  it('can be cancelled while its forward pass is awaited, and while its loss is worked out', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', held().handler);
    const waiting = training.forwardBackwardCustom([datum()], squares);
    await settle();
    expect(training.getSnapshot().state).toBe('holding');
    waiting.cancel();
    expect(await rejection(waiting)).toMatchObject({ kind: 'cancelled' });
    server.next('retrieve_future', () => forwardResult([-1, -1]));
    const computing = training.forwardBackwardCustom([datum()], () => new Promise(() => undefined));
    await settle();
    expect(training.getSnapshot().state).toBe('computing');
    computing.cancel();
    expect(await rejection(computing)).toMatchObject({ kind: 'cancelled' });
    await training.optimStep();
    expect(server.executed.slice(1).map(({ path }) => path)).toEqual(['forward', 'forward', 'optim_step']);
    expect(leftovers(training)).toEqual(atRest);
    await service.close();
  });

  it('is cancelled with its client while its loss is worked out', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => forwardResult([-1, -1]));
    const pass = training.forwardBackwardCustom([datum()], () => new Promise(() => undefined));
    await settle();
    await service.close();
    expect(await rejection(pass)).toMatchObject({ kind: 'cancelled' });
  });
});
