import { describe, expect, it } from '@jest/globals';
import type { CustomLossResult, TrainingClient } from '../src/index.js';
import { datum, rejection } from './support/clients.js';
import { atRest, leftovers } from './support/leftovers.js';
import { openTraining } from './support/open-training.js';
import { broken, held, json, type ReceivedRequest, type ScriptedServer } from './support/scripted-server.js';
import { advanceUntil, settle } from './support/simulated.js';

const executed = (server: ScriptedServer) => server.executed.slice(1);
const numbers = (server: ScriptedServer) => executed(server).map(({ seqId }) => seqId);
const facts = (training: TrainingClient) => {
  const { state, paused, nextSeqId, queue } = training.getSnapshot();
  return { state, paused, nextSeqId, queued: queue.map(({ id }) => id) };
};

/** Takes a request that was held until now. */
function take(server: ScriptedServer, [request]: readonly ReceivedRequest[], answer: ReturnType<typeof held>): void {
  if (request === undefined) throw new Error('nothing was sent');
  answer.release(server.accept(request, { loss_fn_outputs: [], metrics: {} }));
}

describe('a paused training client', () => {
  it('sends nothing, however long it is paused, and all calls in order under 1 to n once it resumes', async () => {
    const { server, environment, training } = await openTraining();
    const before = server.requests.length;
    training.pause();
    const calls = [
      training.forwardBackward([datum()], 'cross_entropy'),
      training.optimStep(),
      training.saveState('a'),
      training.loadStateWithOptimizer('tinker://S:train:0/weights/a'),
      training.saveWeightsForSampler('b'),
      training.optimStep(),
    ];
    await settle();
    environment.clock.increment(3_000);
    await settle();
    expect(server.requests).toHaveLength(before);
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 1, queued: calls.map(({ id }) => id) });
    expect(calls.map(({ status, seqId }) => [status, seqId])).toEqual(calls.map(() => ['queued', undefined]));
    training.resume();
    await Promise.all(calls);
    expect(executed(server)).toEqual([
      { path: 'forward_backward', seqId: 1 },
      { path: 'optim_step', seqId: 2 },
      { path: 'save_weights', seqId: 3 },
      { path: 'load_weights', seqId: 4 },
      { path: 'save_weights_for_sampler', seqId: 5 },
      { path: 'optim_step', seqId: 6 },
    ]);
    expect(await calls[2]).toMatchObject({ seqId: 3, optimStepsBefore: 1 });
    expect(facts(training)).toEqual({ state: 'idle', paused: false, nextSeqId: 7, queued: [] });
    expect(leftovers(training)).toEqual(atRest);
  });

  it('pauses once and resumes once, however often it is told, and is not harmed by resuming unpaused', async () => {
    const { server, training } = await openTraining();
    training.resume();
    await training.optimStep();
    training.pause();
    training.pause();
    const step = training.optimStep();
    await settle();
    expect(numbers(server)).toEqual([1]);
    training.resume();
    training.resume();
    await step;
    expect(numbers(server)).toEqual([1, 2]);
    expect(facts(training)).toMatchObject({ state: 'idle', paused: false });
  });

  it('sends the request that was on its way again until it is taken, and takes its result', async () => {
    const { server, environment, training } = await openTraining();
    server.next('optim_step', () => broken()).next('optim_step', () => json({}, 503));
    const step = training.optimStep();
    const after = training.saveState('after');
    training.pause();
    expect(facts(training)).toEqual({ state: 'submitting', paused: true, nextSeqId: 2, queued: [after.id] });
    await expect(advanceUntil(environment, step)).resolves.toEqual({ metrics: { step: 1 } });
    expect(server.to('optim_step')).toHaveLength(3);
    expect(server.to('save_weights')).toHaveLength(0);
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 2, queued: [after.id] });
    training.resume();
    expect(await after).toMatchObject({ seqId: 2 });
  });

  it('sends all chunks of a pass that had begun, and nothing after it', async () => {
    const { server, training } = await openTraining({}, { fwdbwd_max_chunk_len: 1 });
    const answer = held();
    server.next('forward_backward', answer.handler);
    const pass = training.forwardBackward([datum(), datum(), datum()], 'cross_entropy');
    const step = training.optimStep();
    await settle();
    training.pause();
    take(server, server.to('forward_backward'), answer);
    await pass;
    await settle();
    expect(server.to('forward_backward').map(({ body }) => body['seq_id'])).toEqual([2, 3, 1]);
    expect(server.to('optim_step')).toHaveLength(0);
    training.resume();
    await step;
    expect(step.seqId).toBe(4);
  });

  it.each([
    ['submitting', 0],
    ['computing', 10],
  ])('sends the second pass of a custom loss that had begun, paused while %s, and nothing after it', async (state, turns) => {
    const { server, training } = await openTraining();
    const working: { finish?: (result: CustomLossResult) => void } = {};
    server.next('retrieve_future', () => json({ loss_fn_outputs: [{ logprobs: { data: [-1, -1], dtype: 'float32', shape: [2] } }] }));
    const custom = training.forwardBackwardCustom([datum()], () => new Promise((resolve) => (working.finish = resolve)));
    const step = training.optimStep();
    await settle(turns);
    training.pause();
    expect(facts(training)).toEqual({ state, paused: true, nextSeqId: 2, queued: [step.id] });
    await settle();
    working.finish?.({ loss: 2, gradients: [[1, 1]] });
    await custom;
    await settle();
    expect(executed(server)).toEqual([{ path: 'forward', seqId: 1 }, { path: 'forward_backward', seqId: 2 }]);
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 3, queued: [step.id] });
    training.resume();
    await step;
    expect(numbers(server)).toEqual([1, 2, 3]);
  });

  it('takes the results of what the server had accepted', async () => {
    const { server, training } = await openTraining();
    const answers = [held(), held()];
    for (const { handler } of answers) server.next('retrieve_future', handler);
    const steps = [training.optimStep(), training.optimStep()];
    await settle();
    training.pause();
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 3, queued: [] });
    answers.forEach(({ release }, index) => release(json({ metrics: { loss: index } })));
    expect(await Promise.all(steps)).toEqual([{ metrics: { loss: 0 } }, { metrics: { loss: 1 } }]);
    expect(training.getSnapshot()).toMatchObject({ state: 'paused', inFlight: [], counters: { accepted: 2, done: 2 } });
  });

  it('lets calls be cancelled without a number', async () => {
    const { server, training } = await openTraining();
    training.pause();
    const [first, second, third] = [training.optimStep(), training.saveState('never'), training.optimStep()];
    second.cancel();
    expect(await rejection(second)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('before it was sent') });
    training.resume();
    await Promise.all([first, third]);
    expect(executed(server)).toEqual([{ path: 'optim_step', seqId: 1 }, { path: 'optim_step', seqId: 2 }]);
  });

  it('keeps to the time limits of its calls', async () => {
    const { server, environment, training } = await openTraining();
    training.pause();
    const limited = training.optimStep({}, { timeoutMs: 1_000 });
    const patient = training.optimStep();
    environment.clock.increment(999);
    await settle();
    expect(limited.status).toBe('queued');
    environment.clock.increment(1);
    expect(await rejection(limited)).toMatchObject({ kind: 'timeout', operationId: limited.id });
    expect(facts(training).queued).toEqual([patient.id]);
    training.resume();
    await patient;
    expect(numbers(server)).toEqual([1]);
  });

  it('refuses bad calls at once', async () => {
    const { training } = await openTraining();
    training.pause();
    expect(await rejection(training.optimStep({ beta1: 1 }))).toMatchObject({ kind: 'validation' });
    expect(facts(training).queued).toEqual([]);
  });

  it('answers questions that are not queued', async () => {
    const { training } = await openTraining();
    training.pause();
    expect(await training.getInfo()).toMatchObject({ modelId: 'S:train:0' });
  });
});

describe('a wedged training client that is paused', () => {
  async function wedged() {
    const scripted = await openTraining({ requestDeadlineMs: 1 });
    scripted.server.times(2, 'optim_step', () => broken());
    const step = scripted.training.optimStep();
    const after = scripted.training.saveState('after');
    await advanceUntil(scripted.environment, rejection(step));
    scripted.training.pause();
    expect(facts(scripted.training)).toEqual({ state: 'wedged', paused: true, nextSeqId: 2, queued: [after.id] });
    return { ...scripted, step, after };
  }

  it('goes on with nothing but the operation itself on retry()', async () => {
    const { server, training, step, after } = await wedged();
    training.retry();
    expect(await step).toEqual({ metrics: { step: 1 } });
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 2, queued: [after.id] });
    expect(() => training.retry()).toThrow('retry: the client is paused; only a wedged client is decided on');
    training.resume();
    await after;
    expect(numbers(server)).toEqual([1, 2]);
  });

  it('goes on with nothing on skip()', async () => {
    const { server, training, after } = await wedged();
    training.skip();
    await settle();
    expect(facts(training)).toEqual({ state: 'paused', paused: true, nextSeqId: 2, queued: [after.id] });
    expect(executed(server)).toEqual([]);
    training.resume();
    await after;
    expect(numbers(server)).toEqual([2]);
  });

  it('stays wedged when it resumes', async () => {
    const { server, training, after } = await wedged();
    training.resume();
    await settle();
    expect(facts(training)).toEqual({ state: 'wedged', paused: false, nextSeqId: 2, queued: [after.id] });
    expect(executed(server)).toEqual([]);
    training.skip();
    await after;
  });
});

describe('a paused training client that is closed', () => {
  it('rejects what waits, sends none of it, and leaves nothing', async () => {
    const { server, service, training, unobserved } = await openTraining();
    training.pause();
    const waiting = [training.optimStep(), training.saveState('never')];
    const before = server.requests.length;
    training.close();
    for (const operation of waiting) expect(await rejection(operation)).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('its client was closed') });
    await settle();
    expect(server.requests).toHaveLength(before);
    expect(facts(training)).toEqual({ state: 'stopped', paused: false, nextSeqId: 1, queued: [] });
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([]);
    expect(unobserved).toEqual([]);
  });

  it.each(['pause', 'resume'] as const)('refuses to %s, closed by itself or with its service', async (call) => {
    for (const whose of ['training', 'service'] as const) {
      const scripted = await openTraining();
      await scripted[whose].close();
      const told = () => scripted.training[call]();
      expect(told).toThrow(`${call}: the client is closed; only an open client is paused or resumed`);
      expect(told).toThrow(expect.objectContaining({ kind: 'validation' }));
    }
  });
});
