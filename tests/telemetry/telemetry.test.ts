import { describe, expect, it } from '@jest/globals';
import type { ServiceClientOptions } from '../../src/config.js';
import { protocolVersion } from '../../src/types/version.js';
import { datum, rejection, scriptedService, scriptedTraining, type ScriptedService } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const accepted = () => json({ status: 'accepted' });
const on: Partial<ServiceClientOptions> = { telemetry: true };

/** The events of all telemetry requests, in order. */
function eventsOf({ server }: ScriptedService): readonly Readonly<Record<string, unknown>>[] {
  return server.to('telemetry').flatMap(({ text }) => {
    const sent: { readonly events: readonly Readonly<Record<string, unknown>>[] } = JSON.parse(text);
    return sent.events;
  });
}

const namesOf = (scripted: ScriptedService) => eventsOf(scripted).map(({ event, event_name }) => event_name ?? event);

/** A training client whose service tells a server that takes it. */
async function telling(options: Partial<ServiceClientOptions> = {}) {
  const scripted = await scriptedTraining({ ...on, ...options });
  scripted.server.times(1_000, 'telemetry', accepted);
  return scripted;
}

describe('telemetry', () => {
  it('is off unless it is turned on', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    server.next('optim_step', () => json({ detail: 'no' }, 400));
    await rejection(training.optimStep());
    expect(Object.keys(service.actor.getSnapshot().children)).not.toContain('telemetry');
    environment.clock.increment(60_000);
    await settle();
    await service.close();
    expect(server.to('telemetry')).toEqual([]);
    expect(service.getTelemetry()).toEqual({ state: 'off', sent: 0, dropped: 0, waiting: 0 });
  });

  it('sends nothing while it is off, whoever starts its actor', async () => {
    const { server, service } = scriptedService();
    service.actor.send({ type: 'telemetry.wanted' });
    const { telemetry } = service.actor.getSnapshot().children;
    telemetry?.send({ type: 'telemetry.noted', waiting: 1, urgent: true });
    await settle();
    expect(telemetry?.getSnapshot().value).toBe('off');
    expect(server.requests).toEqual([]);
    await service.close();
  });

  it('falls silent where the server takes none', async () => {
    const scripted = await scriptedTraining(on);
    const { server, environment, service } = scripted;
    environment.clock.increment(10_000);
    await settle();
    expect(service.getTelemetry()).toEqual({ state: 'notOffered', sent: 0, dropped: 1, waiting: 0 });
    environment.clock.increment(60_000);
    await settle();
    await service.close();
    expect(server.to('telemetry')).toHaveLength(1);
  });

  it('keeps events out of inspection: its actor knows counts only', async () => {
    const seen: string[] = [];
    const scripted = await telling({ inspect: (event) => event.type === '@xstate.event' && seen.push(JSON.stringify(event.event)) });
    const { server, service, training } = scripted;
    server.next('optim_step', () => json({ detail: 'no' }, 400));
    await rejection(training.optimStep());
    await settle();
    await service.close();
    expect(seen.filter((event) => event.includes('telemetry.noted')).length).toBeGreaterThan(0);
    expect(seen.filter((event) => event.includes('SESSION_START') || event.includes('event_id') || event.includes('eventId'))).toEqual([]);
  });

  it('tells of the begin of the session within ten seconds, and of its end', async () => {
    const scripted = await telling();
    const { server, environment, service } = scripted;
    expect(service.getTelemetry()).toEqual({ state: 'on', sent: 0, dropped: 0, waiting: 1 });
    environment.clock.increment(10_000);
    await settle();
    expect(service.getTelemetry()).toEqual({ state: 'on', sent: 1, dropped: 0, waiting: 0 });
    environment.clock.increment(2_345);
    await service.close();
    expect(service.getTelemetry()).toEqual({ state: 'on', sent: 2, dropped: 0, waiting: 0 });
    const [first, second] = server.to('telemetry');
    expect(first?.body).toEqual({
      events: [
        { event: 'SESSION_START', event_id: expect.any(String), event_session_index: 0, severity: 'INFO', timestamp: '1970-01-01T00:00:00.000Z' },
      ],
      platform: expect.stringMatching(/^(Linux|Darwin|Windows)$/),
      sdk_version: protocolVersion,
      session_id: 'S',
      process_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(second?.body).toMatchObject({ events: [{ duration: '0:00:12.345000', event: 'SESSION_END', event_session_index: 1 }] });
    expect(second?.body['process_uuid']).toBe(first?.body['process_uuid']);
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual([]);
    await service.close();
    expect(server.to('telemetry')).toHaveLength(2);
  });

  it('tells at once of what reached the caller, with the attempts before it', async () => {
    const scripted = await telling({ requestDeadlineMs: 1 });
    const { server, environment, service, training } = scripted;
    server.times(2, 'get_info', () => json({ error: 'out of order' }, 500));
    expect(await advanceUntil(environment, rejection(training.getInfo()), { stepMs: 1 })).toMatchObject({ status: 500 });
    await settle();
    const attempt = {
      event: 'GENERIC_EVENT',
      event_name: 'InternalClientHolder.execute_with_retries.exception',
      severity: 'WARNING',
      event_data: {
        request_type: 'getInfo',
        attempt: 1,
        should_retry: true,
        elapsed_ms: 0,
        error_type: 'TinkerError.http',
        status_code: 500,
        category: 'server',
        message: '/api/v1/get_info: the server answered 500: out of order',
      },
    };
    expect(eventsOf(scripted)).toMatchObject([
      { event: 'SESSION_START' },
      attempt,
      { ...attempt, event_data: { ...attempt.event_data, attempt: 2 } },
      {
        event: 'UNHANDLED_EXCEPTION',
        severity: 'ERROR',
        error_type: 'TinkerError.http',
        error_message: expect.stringContaining('/api/v1/get_info: the server answered 500: out of order'),
      },
    ]);
    expect(eventsOf(scripted).map(({ event_session_index }) => event_session_index)).toEqual([0, 1, 2, 3]);
    await service.close();
  });

  it('calls what is the user\'s to mend a user error, once, whatever passed it on', async () => {
    const scripted = await telling();
    const { server, service } = scripted;
    server.next('weights_info', () => json({ detail: 'no such checkpoint' }, 404));
    await rejection(service.createTrainingClientFromState('tinker://run/weights/x'));
    await settle();
    expect(namesOf(scripted)).toEqual(['SESSION_START', 'InternalClientHolder.execute_with_retries.exception', 'user_error']);
    expect(eventsOf(scripted)[2]).toMatchObject({
      severity: 'WARNING',
      event_data: { error_type: 'TinkerError.http', status_code: 404, message: '/api/v1/weights_info: the server answered 404: no such checkpoint' },
    });
    await service.close();
  });

  it('tells of polls that fail and of failed operations', async () => {
    const scripted = await telling();
    const { server, environment, service, training } = scripted;
    server.next('retrieve_future', () => broken());
    server.next('retrieve_future', () => json({ detail: 'restarting' }, 503));
    server.next('retrieve_future', () => json({ error: 'out of memory', category: 'server' }));
    await advanceUntil(environment, rejection(training.optimStep()));
    await settle();
    expect(eventsOf(scripted).slice(1)).toMatchObject([
      { event_name: 'APIFuture.result_async.connection_error', severity: 'WARNING', event_data: { request_id: 'r2', iteration: 0, should_retry: true } },
      { event_name: 'APIFuture.result_async.api_status_error', severity: 'WARNING', event_data: { status_code: 503, iteration: 1 } },
      { event_name: 'APIFuture.result_async.application_error', severity: 'ERROR', event_data: { should_retry: false, message: 'out of memory' } },
      { event: 'UNHANDLED_EXCEPTION', error_type: 'TinkerError.requestFailed', error_message: expect.stringContaining('out of memory') },
    ]);
    await service.close();
  });

  it('says nothing while the account is blocked, nor of what the caller cancelled', async () => {
    const scripted = await telling({ onQueueState: () => undefined });
    const { server, environment, service, training } = scripted;
    server.next('optim_step', () => json({ detail: 'pay' }, 402));
    server.next('retrieve_future', () => json({ detail: 'pay' }, 402));
    await advanceUntil(environment, training.optimStep());
    server.next('optim_step', held().handler);
    const step = training.optimStep();
    step.cancel();
    expect(await rejection(step)).toMatchObject({ kind: 'cancelled' });
    await service.close();
    expect(namesOf(scripted)).toEqual(['SESSION_START', 'SESSION_END']);
  });

  it('says nothing of requests and polls that were given up', async () => {
    const scripted = await telling();
    const { server, service, training } = scripted;
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    server.next('optim_step', held().handler);
    server.next('retrieve_future', held().handler);
    const [sending, polling] = [rejection(training.optimStep()), rejection(other.saveState('x'))];
    await settle();
    for (const client of [training, other]) client.actor.send({ type: 'client.stopped' });
    expect([await sending, await polling]).toMatchObject([{ kind: 'cancelled' }, { kind: 'cancelled' }]);
    await settle();
    await service.close();
    expect(namesOf(scripted)).toEqual(['SESSION_START', 'SESSION_END']);
  });

  it('tells of a session that cannot be opened, under a name of its own', async () => {
    const scripted = scriptedService(on);
    const { server, service } = scripted;
    server.next('create_session', () => json({ detail: 'no' }, 403)).next('telemetry', accepted);
    await rejection(service.createLoraTrainingClient({ baseModel: 'base' }));
    await settle();
    expect(namesOf(scripted)).toEqual(['InternalClientHolder.execute_with_retries.exception', 'user_error']);
    expect(server.to('telemetry')[0]?.body['session_id']).toMatch(/^sessionless-/);
    await service.close();
    expect(server.to('telemetry')).toHaveLength(1);
  });

  it('never delays an error, whatever becomes of it', async () => {
    const scripted = await scriptedTraining(on);
    const { server, service, training, environment } = scripted;
    server.times(100, 'telemetry', held().handler);
    server.next('optim_step', () => json({ detail: 'no' }, 400));
    const before = environment.now();
    expect(await rejection(training.optimStep())).toMatchObject({ status: 400 });
    await settle();
    expect(environment.now()).toBe(before);
    expect(await rejection(Promise.resolve(training.forwardBackward([datum()], 'cross_entropy')).then(() => Promise.reject(new Error('went on'))))).toEqual(
      new Error('went on'),
    );
    const closing = service.close();
    await settle();
    environment.clock.increment(999);
    await settle();
    expect(await Promise.race([closing.then(() => 'closed'), settle().then(() => 'open')])).toBe('open');
    environment.clock.increment(1);
    await closing;
  });
});
