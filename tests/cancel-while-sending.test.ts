import { describe, expect, it } from '@jest/globals';
import { rejection, scriptedTraining } from './support/clients.js';
import { atRest, leftovers } from './support/leftovers.js';
import { settle } from './support/simulated.js';

const busy = () => new Response('{"error":"busy"}', { status: 503 });

describe('an operation that is cancelled while it is sent', () => {
  it('is sent until the server has it, and the queue goes on', async () => {
    const { server, environment, training, unobserved } = await scriptedTraining();
    server.next('optim_step', busy);
    const step = training.optimStep();
    await settle();
    step.cancel();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled', operationId: step.id });
    const next = training.saveState('next');
    environment.clock.increment(500);
    await settle();
    expect(await next).toMatchObject({ seqId: 2, optimStepsBefore: 1 });
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
    const [first, second] = server.to('optim_step');
    expect(second?.text).toBe(first?.text);
    expect(step.status).toBe('cancelled');
    expect(unobserved).toEqual([]);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('is reported when nobody knows whether the server has it, and can be sent again', async () => {
    const { server, environment, training, unobserved } = await scriptedTraining({ requestDeadlineMs: 1 });
    server.next('optim_step', busy);
    const step = training.optimStep({}, { timeoutMs: 1 });
    environment.clock.increment(1);
    expect(await rejection(step)).toMatchObject({ kind: 'timeout' });
    await settle();
    expect(unobserved).toMatchObject([{ kind: 'wedged', operationId: step.id, seqId: 1 }]);
    expect(training.getSnapshot().state).toBe('wedged');
    const next = training.optimStep();
    training.retry();
    await next;
    expect(server.executed.slice(1).map(({ seqId }) => seqId)).toEqual([1, 2]);
    expect(step.status).toBe('failed');
    expect(leftovers(training)).toEqual(atRest);
  });

  it('is forgotten when its client is closed', async () => {
    const { server, service, training, unobserved } = await scriptedTraining();
    server.next('optim_step', () => new Promise(() => undefined));
    const step = training.optimStep();
    await settle();
    training.close();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled' });
    expect(unobserved).toEqual([]);
    await service.close();
  });
});
