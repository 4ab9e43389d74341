import { describe, expect, it } from '@jest/globals';
import { ModelInput, TensorData, type Datum, type TrainingClient } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { World, type JournaledService } from '../support/journaled-service.js';
import { broken, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);
const quietly = (...calls: readonly PromiseLike<unknown>[]) => {
  for (const call of calls) call.then(() => undefined, () => undefined);
};

type Resumed = JournaledService & { readonly training: TrainingClient };

/** A trainer that goes on after another one was killed during its calls. */
async function after(world: World, calls: (training: TrainingClient) => void, options: Parameters<World['training']>[0] = {}): Promise<Resumed> {
  const { training, process } = await world.training(options);
  await training.saveState('a');
  calls(training);
  await settle(30);
  process.die();
  return resumed(world, options);
}

async function resumed(world: World, options: Parameters<World['training']>[0] = {}): Promise<Resumed> {
  const made = world.service(options);
  const { training, outcome } = await made.service.resumeTrainingClient();
  expect(outcome).toBe('reattached');
  return { ...made, training };
}

/** Numbers of what was executed. */
const executed = (world: World, path: string) => world.server.executed.filter((one) => one.path === path).map(({ seqId }) => seqId);

const sparse: Datum = {
  modelInput: ModelInput.fromInts([1, 2]),
  lossFnInputs: { target_tokens: [2, 3], weights: TensorData.sparse({ values: new Float32Array([1]), shape: [1, 2], crowIndices: [0, 1], colIndices: [0] }) },
};

const pass = (training: TrainingClient, data: readonly Datum[] = [datum()]) => training.forwardBackward(data, 'cross_entropy');

describe('a trainer that calls again what was under way', () => {
  it('is answered with what the server has, and what it may have is sent again', async () => {
    const world = new World();
    const { training } = await after(world, (first) => {
      quietly(pass(first), pass(first, [datum([5, 6, 7])]));
      world.server.next('forward_backward', (request) => world.server.accept(request, {})).next('forward_backward', never);
    });
    world.server.next('retrieve_future', () => json({ loss_fn_output_type: 'x', loss_fn_outputs: [], metrics: { 'a:sum': 7 } }));
    expect((await pass(training)).metrics).toEqual({ 'a:sum': 7 });
    await pass(training, [datum([5, 6, 7])]);
    await training.optimStep();
    expect(executed(world, 'forward_backward')).toEqual([2, 3]);
    expect(executed(world, 'optim_step')).toEqual([4]);
    const [, second, third] = world.server.to('forward_backward');
    expect([third?.text, third?.headers.get('x-idempotency-key')]).toEqual([second?.text, second?.headers.get('x-idempotency-key')]);
  });

  it('may look and save in between', async () => {
    const world = new World();
    const { training } = await after(world, (first) => quietly(pass(first)));
    await training.forward([datum()], 'cross_entropy');
    await training.saveState('b');
    await pass(training);
    expect(executed(world, 'forward_backward')).toEqual([2]);
    expect(executed(world, 'forward')).toEqual([3]);
  });

  it('may not while it is not clear whether the server has it', async () => {
    const world = new World();
    const { training } = await after(world, (first) => {
      world.server.next('forward_backward', never);
      quietly(pass(first));
    });
    const message = expect.stringMatching(/^forward-\d+ is not what was under way when its trainer was stopped, which was forwardBackward \(seq_id 2\)\. .*restores tinker:.*\/a \(optimizer step 0\)/);
    expect(await rejection(training.forward([datum()], 'cross_entropy'))).toMatchObject({ kind: 'journal', message });
    expect(await rejection(pass(training))).toMatchObject({ kind: 'journal', message });
    expect(world.server.to('forward')).toEqual([]);
    await settle();
    expect(world.facts().at(-1)).toBe('lost');
  });

  it.each([
    ['other data', (training: TrainingClient) => pass(training, [datum([9, 9, 9])])],
    ['another number of requests', (training: TrainingClient) => pass(training, [datum(), datum()])],
    ['another operation', (training: TrainingClient) => training.optimStep()],
  ])('is refused with %s', async (_, call) => {
    const world = new World({ fwdbwd_max_chunk_len: 1 });
    const { training } = await after(world, (first) => quietly(pass(first)));
    expect(await rejection(call(training))).toMatchObject({ kind: 'journal', message: expect.stringContaining('is not what was under way') });
    expect(executed(world, 'optim_step')).toEqual([]);
  });

  it('may take a call back before its turn, and call it again', async () => {
    const world = new World();
    const { training } = await after(world, (first) => quietly(pass(first)));
    training.pause();
    const taken = pass(training);
    taken.cancel();
    expect(await rejection(taken)).toMatchObject({ kind: 'cancelled' });
    training.resume();
    await pass(training);
    expect(executed(world, 'forward_backward')).toEqual([2]);
  });

  it('may take back the first of two calls, and call both again in their order', async () => {
    const world = new World();
    const other = [datum([7, 8, 9])];
    const { training } = await after(world, (first) => quietly(pass(first), pass(first, other)));
    training.pause();
    const taken = pass(training);
    taken.cancel();
    expect(await rejection(taken)).toMatchObject({ kind: 'cancelled' });
    training.resume();
    await Promise.all([pass(training), pass(training, other)]);
    expect(executed(world, 'forward_backward')).toEqual([2, 3]);
  });

  it('is told that a result is gone, and is restored the next time', async () => {
    const world = new World();
    const { training, service } = await after(world, (first) => quietly(pass(first)));
    world.server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    expect(await rejection(pass(training))).toMatchObject({ kind: 'promiseExpired' });
    await service.close();
    expect(await world.service().service.resumeTrainingClient()).toMatchObject({ outcome: 'restored', step: 0, why: expect.stringMatching(/^what became of forwardBackward \(seq_id 2\) cannot be found out/) });
    expect(world.server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0']);
  });

  it('is restored the next time when it gets no clear answer again', async () => {
    const world = new World();
    const { training, environment, service } = await after(world, (first) => {
      world.server.next('forward_backward', never);
      quietly(pass(first));
    }, { requestDeadlineMs: 1 });
    world.server.times(9, 'forward_backward', () => broken());
    expect(await advanceUntil(environment, rejection(pass(training)))).toMatchObject({ kind: 'wedged' });
    await service.close();
    expect(await world.service().service.resumeTrainingClient()).toMatchObject({ outcome: 'restored' });
  });

  it('is told when there is nothing to go back to', async () => {
    const world = new World();
    const { training: first, process } = await world.training({ encoding: 'protobuf' });
    quietly(pass(first));
    await settle();
    process.die();
    const { training } = await resumed(world, { encoding: 'protobuf' });
    const unsaid: Datum = { modelInput: datum().modelInput, lossFnInputs: { target_tokens: [1, 2], weights: [Number.NaN, 1] } };
    expect(await rejection(pass(training, [unsaid]))).toMatchObject({ kind: 'journal', message: expect.stringContaining('No checkpoint was saved, so there is nothing to go back to: start anew.') });
  });

  it('sends the chunks again that the server may not have', async () => {
    const world = new World({ fwdbwd_max_chunk_len: 1 });
    const data = [datum([1, 2]), datum([3, 4]), datum([5, 6])];
    const { training } = await after(world, (first) => {
      const result = { loss_fn_output_type: 'x', loss_fn_outputs: [], metrics: {} };
      world.server.next('forward_backward', (request) => world.server.accept(request, result)).next('forward_backward', never);
      quietly(pass(first, data));
    });
    expect(executed(world, 'forward_backward')).toEqual([3]);
    await pass(training, data);
    await training.optimStep();
    expect(executed(world, 'forward_backward')).toEqual([3, 4, 2]);
    expect(executed(world, 'optim_step')).toEqual([5]);
  });

  it('goes on with a loss of its own at its second pass', async () => {
    const world = new World();
    const loss = (training: TrainingClient, gradient = 0.5) => training.forwardBackwardCustom([one], () => ({ loss: 1, gradients: [[gradient]] }));
    const one = datum([1, 2]);
    const { training } = await after(world, (first) => quietly(loss(first)));
    const step = training.optimStep.bind(training);
    await Promise.all([loss(training), step()]);
    expect(executed(world, 'forward')).toEqual([2]);
    expect(executed(world, 'forward_backward')).toEqual([3]);
    expect(executed(world, 'optim_step')).toEqual([4]);
  });

  it('is refused a loss of its own that comes to other gradients', async () => {
    const world = new World();
    const loss = (training: TrainingClient, gradient: number) => training.forwardBackwardCustom([datum([1, 2])], () => ({ loss: 1, gradients: [[gradient]] }));
    const { training } = await after(world, (first) => quietly(loss(first, 0.5)));
    expect(await rejection(loss(training, 0.25))).toMatchObject({ kind: 'journal', message: expect.stringMatching(/forwardBackwardCustom \(seq_id 3\) with other data/) });
    const other = new World();
    const again = await after(other, (first) => quietly(loss(first, 0.5)));
    const cancelled = loss(again.training, 0.5);
    again.training.pause();
    cancelled.cancel();
    expect(await rejection(cancelled)).toMatchObject({ kind: 'cancelled' });
  });

  it.each<[string, Datum, () => Response, readonly string[]]>([
    ['JSON', datum(), () => json({ detail: 'not JSON' }, 415), ['application/x-protobuf', 'application/json', 'application/json']],
    ['protobuf without sparse tensors', sparse, () => json({ detail: 'no sparse tensors' }, 422), Array.from({ length: 3 }, () => 'application/x-protobuf')],
  ])('sends a pass again in the form in which it was sent: %s', async (_, one, refusal, forms) => {
    const world = new World();
    const { training } = await after(world, (first) => {
      world.server.next('forward_backward', refusal).next('forward_backward', never);
      quietly(pass(first, [one]));
    }, { encoding: 'auto' });
    await pass(training, [one]);
    const requests = world.server.to('forward_backward');
    expect(requests.map(({ headers }) => headers.get('content-type'))).toEqual(forms);
    expect(requests[2]?.text).toBe(requests[1]?.text);
  });
});
