import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { untyped } from '../support/codec.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

describe('TrainingClient.step', () => {
  it('sends both without waiting for a result, and gives what came of both', async () => {
    const { server, training } = await scriptedTraining();
    const result = held();
    server.next('retrieve_future', result.handler);
    const step = training.step([datum()], 'cross_entropy', { learningRate: 0.1 }, { lossFnConfig: { a: 1 } });
    await settle();
    expect(server.executed.slice(-2)).toEqual([{ path: 'forward_backward', seqId: 1 }, { path: 'optim_step', seqId: 2 }]);
    expect(server.to('optim_step')[0]?.body).toMatchObject({ adam_params: { learning_rate: 0.1 } });
    expect(server.to('forward_backward')[0]?.text).toContain('"loss_fn_config":{"a":1}');
    result.release(json({ loss_fn_outputs: [], metrics: { 'loss:sum': 0.5 } }));
    await expect(step).resolves.toEqual({ lossFnOutputType: 'ArrayRecord', lossFnOutputs: [], metrics: { 'loss:sum': 0.5 }, optimMetrics: { step: 1 } });
    expect([step.forwardBackward.status, step.optimStep.status]).toEqual(['done', 'done']);
    await expect(step.optimStep).resolves.toEqual({ metrics: { step: 1 } });
  });

  it('sends neither when the pass is refused', async () => {
    const { server, training, unobserved } = await scriptedTraining();
    const step = training.step([], 'cross_entropy');
    expect(await rejection(step)).toMatchObject({ kind: 'validation', field: 'data' });
    expect(await rejection(step.optimStep)).toMatchObject({
      kind: 'cancelled',
      message: 'not sent, since the forwardBackward of the same step was refused',
    });
    expect([server.to('forward_backward'), server.to('optim_step')]).toEqual([[], []]);
    await settle();
    expect(unobserved).toEqual([]);
  });

  it('sends neither when the settings of the optimizer are refused', async () => {
    const { server, training } = await scriptedTraining();
    const step = training.step([datum()], 'cross_entropy', { learningRate: -1 });
    expect(await rejection(step)).toMatchObject({ kind: 'validation', field: 'adamParams.learningRate' });
    expect(await rejection(step.forwardBackward)).toMatchObject({ kind: 'cancelled' });
    expect([server.to('forward_backward'), server.to('optim_step')]).toEqual([[], []]);
    await training.optimStep();
    expect(server.to('optim_step').map(({ body }) => body['seq_id'])).toEqual([1]);
  });

  it('refuses unknown options, and no options at all', async () => {
    const { training } = await scriptedTraining();
    const step = untyped(training.step.bind(training));
    expect(await rejection(Promise.resolve(step([datum()], 'cross_entropy', {}, { lossfn: 1 })))).toMatchObject({
      message: 'options.lossfn: there is no such option; the options are signal, timeoutMs, lossFnConfig',
    });
    expect(await rejection(Promise.resolve(step([datum()], 'cross_entropy', {}, null)))).toMatchObject({ field: 'options' });
  });

  it('fails with the error of the pass, once both are over', async () => {
    const { server, training } = await scriptedTraining();
    server.next('forward_backward', () => json({ detail: 'bad data' }, 400));
    const step = training.step([datum()], 'cross_entropy');
    expect(await rejection(step)).toMatchObject({ kind: 'http', status: 400, seqId: 1 });
    expect(step.optimStep.status).toBe('done');
  });

  it('fails with the error of the optimizer, too', async () => {
    const { server, training } = await scriptedTraining();
    server.next('optim_step', () => json({ detail: 'no gradients' }, 400));
    expect(await rejection(training.step([datum()], 'cross_entropy'))).toMatchObject({ kind: 'http', status: 400, seqId: 2 });
  });

  it('fails at once when its pass is wedged, since the rest waits for a decision, and has a result after it', async () => {
    const { server, environment, training } = await scriptedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'forward_backward', () => broken());
    const step = training.step([datum()], 'cross_entropy');
    expect(await advanceUntil(environment, rejection(step))).toMatchObject({ kind: 'wedged', operationId: step.forwardBackward.id });
    expect(step.optimStep.status).toBe('queued');
    training.retry();
    expect(await step).toMatchObject({ optimMetrics: { step: 1 } });
  });

  it('is cancelled by its signal as a whole', async () => {
    const { server, training } = await scriptedTraining();
    server.next('forward_backward', () => new Promise<Response>(() => undefined));
    const signal = new AbortController();
    const step = training.step([datum()], 'cross_entropy', {}, { signal: signal.signal });
    await settle();
    signal.abort();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled', operationId: step.forwardBackward.id });
    expect([step.forwardBackward.status, step.optimStep.status]).toEqual(['cancelled', 'cancelled']);
  });

  it('reports each failure once when nobody awaits it', async () => {
    const { server, training, unobserved } = await scriptedTraining();
    server.next('forward_backward', () => json({ detail: 'bad' }, 400)).next('optim_step', () => json({ detail: 'worse' }, 400));
    training.step([datum()], 'cross_entropy');
    await settle(30);
    expect(unobserved).toMatchObject([{ seqId: 1 }, { seqId: 2 }]);
  });
});
