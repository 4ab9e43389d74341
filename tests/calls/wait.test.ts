import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { ServiceClient } from '../../src/index.js';
import { SimulatedClock } from 'xstate';
import { callWithin, checkWait, type UnderWay } from '../../src/calls/wait.js';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

describe('checkWait', () => {
  it.each([
    ['null', 'options: got null, expected an object'],
    ['5', 'options: got 5, expected an object'],
    ['{"signal":"stop"}', 'signal: got "stop", expected an AbortSignal'],
    ['{"timeoutMs":-1}', 'timeoutMs: got -1, expected a number of milliseconds, 0 or more'],
    ['{"timeoutMs":"1"}', 'timeoutMs: got "1", expected a number of milliseconds, 0 or more'],
    ['{"timeout":1}', 'options.timeout: there is no such option; the options are signal, timeoutMs'],
  ])('refuses %s', (options, message) => {
    expect(() => checkWait(untyped(options))).toThrow(message);
  });

  it('takes the options of a call beside its limits, and names them', () => {
    checkWait(untyped('{"ttlSeconds":1,"overwrite":true,"timeoutMs":0}'), 'saveState');
    expect(() => checkWait(untyped('{"overWrite":true}'), 'saveState')).toThrow(
      'options.overWrite: there is no such option; the options are signal, timeoutMs, ttlSeconds, overwrite',
    );
  });

  it('refuses a call whose signal was aborted before', () => {
    const aborted = expect.objectContaining({ kind: 'cancelled', message: 'optimStep: its signal was aborted before it began' });
    expect(() => checkWait({ signal: AbortSignal.abort() }, 'optimStep')).toThrow(aborted);
  });
});

describe('every call', () => {
  it('that gives a promise can be given up after a time, and what it started goes on', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const answers = ['get_server_capabilities', 'get_info', 'weights_info', 'unload_model'].map((endpoint) => {
      const answer = held();
      server.next(endpoint, answer.handler);
      return answer;
    });
    const limits = { timeoutMs: 1_000 };
    const waits = [
      service.getServerCapabilities(limits),
      training.getInfo(limits),
      service.createRestClient().getWeightsInfoByTinkerPath('tinker://run/weights/x', limits),
      training.unload(limits),
    ].map(rejection);
    await settle();
    environment.clock.increment(1_000);
    const errors = await Promise.all(waits);
    expect(errors).toMatchObject(
      ['getServerCapabilities', 'getInfo', 'getWeightsInfoByTinkerPath', 'unload'].map((call) => ({
        kind: 'timeout',
        elapsedMs: 1_000,
        message: expect.stringMatching(new RegExp(`^${call}: no answer within 1000 ms\\. The service waits for .+, 1 attempt.*\\. Is the server running and reachable\\?$`)),
        operation: call,
      })),
    );
    for (const { release } of answers) release(json({ request_id: 'r1', supported_models: [], model_id: 'm', model_data: {}, base_model: 'b', is_lora: true }));
    await settle();
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual(['session']);
    await service.close();
  });

  it.each<[string, (service: ServiceClient, signal: AbortSignal) => Promise<unknown>]>([
    ['createLoraTrainingClient', (service, signal) => service.createLoraTrainingClient({ baseModel: 'base', signal })],
    ['createTrainingClientFromState', (service, signal) => service.createTrainingClientFromState('tinker://run/weights/x', { signal })],
  ])('%s takes back what comes after it was given up', async (call, create) => {
    const { server, service } = scriptedService();
    const answer = held();
    server.next('create_session', answer.handler);
    const controller = new AbortController();
    const wait = rejection(create(service, controller.signal));
    await settle();
    controller.abort();
    expect(await wait).toMatchObject({ kind: 'cancelled', message: `${call}: the wait was given up by its signal` });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    // Taking it back may fail too; nobody is there to be told.
    server.next('unload_model', () => json({ detail: 'no' }, 403));
    answer.release(json({ session_id: 'S' }));
    await settle(40);
    expect(server.to('unload_model').map(({ body }) => body['model_id'])).toEqual(['S:train:0']);
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([]);
    await service.close();
  });

  it('is refused when its signal was aborted before, and nothing is sent', async () => {
    const { server, service } = scriptedService();
    const signal = AbortSignal.abort();
    expect(await rejection(service.getServerCapabilities({ signal }))).toMatchObject({ kind: 'cancelled' });
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base', signal }))).toMatchObject({ kind: 'cancelled' });
    expect(server.requests).toEqual([]);
  });
});

describe('callWithin', () => {
  const named = (name: string, attempts: number): UnderWay => ({ name, facts: { attempts, status: 503 } });
  const given = async (...underWay: UnderWay[]) => {
    const clock = new SimulatedClock();
    const waited = rejection(callWithin('getInfo', { timeoutMs: 50 }, clock, () => new Promise<never>(() => undefined), undefined, () => underWay));
    clock.increment(50);
    return waited;
  };

  it('says how far the only request is that it may wait for', async () => {
    expect(JSON.parse(JSON.stringify(await given(named('getInfo-2', 3))))).toEqual({
      kind: 'timeout',
      message: 'getInfo: no answer within 50 ms. The service waits for getInfo-2, 3 attempts, last answer 503. Is the server running and reachable?',
      retriable: false,
      operation: 'getInfo',
      attempts: 3,
      status: 503,
      elapsedMs: 50,
    });
  });

  it('names several, since nobody can say which one it is, and no more than three', async () => {
    expect(JSON.parse(JSON.stringify(await given(...[1, 2, 3, 4].map((number) => named(`getInfo-${number}`, number)))))).toEqual({
      kind: 'timeout',
      message:
        'getInfo: no answer within 50 ms. The service waits for getInfo-1, 1 attempt, last answer 503; getInfo-2, 2 attempts, last answer 503; ' +
        'getInfo-3, 3 attempts, last answer 503; and others. Is the server running and reachable?',
      retriable: false,
      operation: 'getInfo',
      elapsedMs: 50,
    });
  });

  it('says nothing of requests where there are none', async () => {
    expect(await given()).toMatchObject({ message: 'getInfo: no answer within 50 ms. Is the server running and reachable?' });
  });
});
