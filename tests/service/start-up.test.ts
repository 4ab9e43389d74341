import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { rejection, scriptedService, type ScriptedService } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const pathsOf = ({ server }: ScriptedService) => server.requests.map(({ path }) => path.slice('/api/v1/'.length));
const unknown = () => json({ detail: 'Not Found' }, 404);

/** Lets time pass in steps, and the refreshes that fall into them end. */
async function pass({ environment }: ScriptedService, ms: number, stepMs = Math.min(ms, 10_000)): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    environment.clock.increment(stepMs);
    await settle(6);
  }
}

describe('the start-up', () => {
  it('comes once, whoever asks first and however many ask', async () => {
    const scripted = scriptedService();
    const { service } = scripted;
    await Promise.all([service.getServerCapabilities(), service.createLoraTrainingClient({ baseModel: 'base' }), service.getServerCapabilities()]);
    await service.createRestClient().getWeightsInfoByTinkerPath('tinker://run/weights/x');
    const paths = pathsOf(scripted);
    expect(paths.slice(0, 2)).toEqual(['client/config', 'client/dynamic_config']);
    expect(paths.filter((path) => path.startsWith('client/') || path === 'create_session')).toEqual(['client/config', 'client/dynamic_config', 'create_session']);
    await service.close();
  });

  it('does without settings that a server does not have, and asks for them never again', async () => {
    const scripted = scriptedService();
    const { server, service } = scripted;
    server.next('client/config', unknown).next('client/dynamic_config', unknown);
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(scripted, 600_000);
    expect(server.to('client/dynamic_config')).toHaveLength(1);
    await service.close();
  });

  it.each(['client/config', 'client/dynamic_config'])('fails with %s, and is begun anew by the next call', async (endpoint) => {
    const scripted = scriptedService({ requestDeadlineMs: 1 });
    const { server, environment, service } = scripted;
    server.times(2, endpoint, () => broken('ECONNREFUSED'));
    const error = await advanceUntil(environment, rejection(service.getServerCapabilities()));
    expect(error).toMatchObject({ kind: 'connection', message: `/api/v1/${endpoint}: no answer from the server at http://scripted.test (ECONNREFUSED). Is it running and reachable?` });
    await expect(service.getServerCapabilities()).resolves.toBeDefined();
    await service.close();
  });

  it('applies the server\'s settings to requests without a session, too', async () => {
    const scripted = scriptedService({}, { billing_exception_max_pause_duration_sec: 10 });
    const { server, environment, service } = scripted;
    server.times(9, 'get_server_capabilities', () => json({ detail: 'blocked' }, 402));
    expect(await advanceUntil(environment, rejection(service.getServerCapabilities()))).toMatchObject({ kind: 'billing' });
    expect(server.to('get_server_capabilities')).toHaveLength(3);
    await service.close();
  });

  it('is given up when the service is closed', async () => {
    const { server, service } = scriptedService();
    const settings = held();
    server.next('client/dynamic_config', settings.handler);
    const waiting = [service.getServerCapabilities(), service.createLoraTrainingClient({ baseModel: 'base' })].map(rejection);
    await settle();
    await service.close();
    settings.release(json({}));
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ kind: 'cancelled' });
    await settle();
    expect(server.to('create_session')).toEqual([]);
  });

  it('passes on what the server has to say, at its level', async () => {
    const said = (['info', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level).mockImplementation(() => undefined));
    const { server, service } = scriptedService();
    const messages = { info_message: 'welcome', warning_message: 'old client', error_message: 'tml-secret-key is blocked tomorrow' };
    server.next('create_session', () => json({ session_id: 'S', ...messages }));
    await service.createLoraTrainingClient({ baseModel: 'base' });
    expect(said.map(({ mock }) => mock.calls)).toEqual([
      [['tinkerjs: the server says: welcome']],
      [['tinkerjs: the server says: old client']],
      [['tinkerjs: the server says: [API key] is blocked tomorrow']],
    ]);
    await service.close();
  });
});

describe('settings that change', () => {
  it('are asked for again while the session lives, in the interval that the server named last', async () => {
    const scripted = scriptedService();
    const { server, service } = scripted;
    const settings = () => server.to('client/dynamic_config').length;
    server
      .next('client/dynamic_config', () => json({ refresh_interval_sec: 60 }))
      .next('client/dynamic_config', () => json({ refresh_interval_sec: 1 }))
      .next('client/dynamic_config', () => json({ detail: 'busy' }, 503))
      .next('client/dynamic_config', () => json({}));
    await service.getServerCapabilities();
    await pass(scripted, 120_000);
    expect(settings()).toBe(1);
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(scripted, 50_000);
    expect(settings()).toBe(1);
    await pass(scripted, 10_000);
    expect(settings()).toBe(2);
    // At most every ten seconds, in one attempt; what was good holds when one fails.
    await pass(scripted, 9_000, 1_000);
    expect(settings()).toBe(2);
    await pass(scripted, 1_000);
    expect(settings()).toBe(3);
    await pass(scripted, 9_000, 500);
    expect(settings()).toBe(3);
    await pass(scripted, 1_000);
    expect(settings()).toBe(4);
    await pass(scripted, 290_000);
    expect(settings()).toBe(4);
    await pass(scripted, 10_000);
    expect(settings()).toBe(5);
    await service.close();
    await pass(scripted, 600_000);
    expect(settings()).toBe(5);
  });

  it('are asked for once a day at least, however seldom the server says', async () => {
    const scripted = scriptedService();
    const { server, service } = scripted;
    server.times(2, 'client/dynamic_config', () => json({ refresh_interval_sec: 1e12 }));
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(scripted, 86_399_000, 86_399_000);
    expect(server.to('client/dynamic_config')).toHaveLength(1);
    await pass(scripted, 1_000);
    expect(server.to('client/dynamic_config')).toHaveLength(2);
    await service.close();
  });

  it('are not waited for longer than ten seconds, and not after the session is lost', async () => {
    const scripted = scriptedService();
    const { server, service } = scripted;
    const settings = () => server.to('client/dynamic_config').length;
    server.next('client/dynamic_config', () => json({ refresh_interval_sec: 10 })).next('client/dynamic_config', held().handler);
    server.times(99, 'client/dynamic_config', () => json({ refresh_interval_sec: 10 }));
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(scripted, 20_000);
    expect(settings()).toBe(2);
    await pass(scripted, 10_000);
    expect(settings()).toBe(3);
    server.next('session_heartbeat', () => json({ detail: 'Session not found' }, 404));
    await pass(scripted, 10_000);
    const last = settings();
    await pass(scripted, 600_000);
    expect([service.getSnapshot().session.state, settings()]).toEqual(['lost', last]);
    await service.close();
  });
});

describe('ServiceClient.healthCheck', () => {
  it('tells whether the server answers', async () => {
    const { server, environment, service } = scriptedService();
    server.next('healthz', () => json({ status: 'ok' }));
    await expect(service.healthCheck()).resolves.toEqual({ status: 'ok' });
    server.times(99, 'healthz', () => broken('ECONNREFUSED'));
    expect(await advanceUntil(environment, rejection(service.healthCheck({ timeoutMs: 1_000 })))).toMatchObject({ kind: 'timeout' });
    await service.close();
  });
});
