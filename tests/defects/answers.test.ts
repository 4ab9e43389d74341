import { describe, expect, it } from '@jest/globals';
import { inspect as inspectValue } from 'node:util';
import type { InspectionEvent } from 'xstate';
import { datum, rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { broken, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

describe('D6: a failing server is polled 650 times a second', () => {
  it.each([
    ['503', () => json('busy', 503)],
    ['a broken connection', () => broken()],
  ])('is polled with growing pauses when it answers with %s', async (_, answer) => {
    const { server, environment, service, training } = await scriptedTraining();
    server.times(1_000, 'retrieve_future', answer);
    training.optimStep().cancel();
    const before = server.to('retrieve_future').length;
    const step = training.optimStep();
    const outcome = rejection(step);
    await settle();
    for (let ms = 0; ms < 60_000; ms += 250) {
      environment.clock.increment(250);
      await settle(2);
    }
    // 0.5, 1, 2, 4, 8, 16 and 30 s apart.
    expect(server.to('retrieve_future').length - before).toBe(7);
    await service.close();
    expect(await outcome).toMatchObject({ kind: 'cancelled' });
  });

  it('is polled at most once a second in the long run when it says "not yet" at once', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    server.times(1_000, 'retrieve_future', () => json({ type: 'try_again', queue_state: 'active' }));
    const outcome = rejection(training.optimStep());
    await settle();
    for (let ms = 0; ms < 30_000; ms += 20) {
      environment.clock.increment(20);
      await settle(2);
    }
    expect(server.to('retrieve_future').length).toBeLessThan(40);
    await service.close();
    await outcome;
  });
});

describe('D7: the API key goes where it does not belong', () => {
  it('is in no inspection event, no error, no snapshot and nothing reported', async () => {
    const seen: string[] = [];
    const record = (value: unknown) => seen.push(JSON.stringify({ value }));
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event') record(event.event);
      if (event.type === '@xstate.snapshot') record(event.snapshot);
    };
    const { server, environment, service, training, unobserved } = await scriptedTraining({ inspect, requestDeadlineMs: 1 });
    server.next('optim_step', () => json({ detail: 'key?' }, 401)).times(2, 'save_weights', () => broken());
    for (const operation of [training.optimStep(), training.saveState('x')]) {
      const error = await advanceUntil(environment, rejection(operation));
      record(error);
      seen.push(inspectValue(error, { depth: 10 }));
    }
    record(training.getSnapshot());
    record(service.actor.getSnapshot());
    record(unobserved);
    await service.close();
    expect(server.requests.every(({ headers }) => headers.get('x-api-key') === 'tml-secret-key')).toBe(true);
    expect(seen.join('\n')).toContain('optim_step');
    expect(seen.join('\n')).not.toContain('tml-secret-key');
  });
});

describe('D11: a malformed 200 counts as success', () => {
  it.each([
    ['not JSON', () => new Response('<html>')],
    ['no request id', () => json({ ok: true })],
    ['a number for an id', () => json({ request_id: 7 })],
  ])('wedges the client when the receipt is %s, since the server may have taken it', async (_, answer) => {
    const { server, environment, service, training } = await scriptedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', answer);
    const error = await advanceUntil(environment, rejection(training.optimStep()));
    expect(error).toMatchObject({ kind: 'wedged', cause: { kind: 'malformedResponse' } });
    expect(training.getSnapshot().state).toBe('wedged');
    await service.close();
  });

  it('fails the operation when the result is not what was promised', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => json({ path: 7 }));
    expect(await rejection(training.saveState('x'))).toMatchObject({ kind: 'malformedResponse' });
    server.next('retrieve_future', () => json({ path: 'somewhere' }));
    expect(await rejection(training.saveState('x'))).toMatchObject({ kind: 'malformedResponse' });
    server.next('retrieve_future', () => json({ loss_fn_outputs: [{ logprobs: 'none' }] }));
    expect(await rejection(training.forward([datum()], 'cross_entropy'))).toMatchObject({ kind: 'malformedResponse' });
    await service.close();
  });

  it('fails a plain call', async () => {
    const { server, environment, service } = scriptedService({ requestDeadlineMs: 1 });
    server.times(2, 'get_server_capabilities', () => json({ models: [] }));
    expect(await advanceUntil(environment, rejection(service.getServerCapabilities()))).toMatchObject({ kind: 'malformedResponse' });
    await service.close();
  });
});

describe('D12: failed operations are reported as time-outs, or polled for ever', () => {
  it.each(['user', 'server', 'unknown'])('reports a failure of category %s after one poll', async (category) => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => json({ error: 'it broke', category }));
    const step = training.optimStep();
    const error = await rejection(step);
    expect(error).toMatchObject({ kind: 'requestFailed', category, seqId: 1, requestId: step.requestId, message: expect.stringContaining('it broke') });
    expect(server.to('retrieve_future')).toHaveLength(2);
    await service.close();
  });

  it('reports a failure in the shape of self-hosted servers', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => json({ detail: 'Rank mismatch' }, 400));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'requestFailed', status: 400, message: expect.stringContaining('Rank mismatch') });
    expect(server.to('retrieve_future')).toHaveLength(2);
    await service.close();
  });

  it('reports a result that the server no longer holds', async () => {
    const { server, service, training } = await scriptedTraining();
    server.next('retrieve_future', () => json({ detail: 'expired' }, 410));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'promiseExpired', status: 410 });
    await service.close();
  });
});
