import { describe, expect, it, jest } from '@jest/globals';
import type { TinkerError } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { settle } from '../support/simulated.js';
import { asked, skyrlService, skyrlTraining } from '../support/skyrl-server.js';

describe('starting up', () => {
  it.each(['0.2', '0.3'] as const)('takes the defaults where the server (SkyRL %s) has no settings, or a single one', async (release) => {
    const { server, service, training } = await skyrlTraining(release, { encoding: 'json' });
    await training.forwardBackward(Array.from({ length: 1025 }, () => datum()), 'cross_entropy');
    expect(server.to('forward_backward').map(({ body }) => body['seq_id'])).toEqual([2, 1]);
    await service.close();
  });

  it('does not ask again for settings that may change, where there are none', async () => {
    const { server, environment, service } = await skyrlTraining();
    environment.clock.increment(3_600_000);
    await settle();
    expect(server.to('client/dynamic_config')).toHaveLength(1);
    await service.close();
  });

  it('asks for no token, and sends the key as it is', async () => {
    const { server, service } = await skyrlTraining();
    expect(server.to('auth/token')).toEqual([]);
    expect(new Set(server.requests.map(({ headers }) => headers.get('x-api-key')))).toEqual(new Set(['anything']));
    await service.close();
  });

  it.each(['http://skyrl.test:8000', 'http://skyrl.test:8000/', 'http://skyrl.test:8000/prefix/'])('takes the address %s', async (baseUrl) => {
    const { server, service } = skyrlService('0.3', { baseUrl });
    expect(await service.healthCheck()).toEqual({ status: 'ok' });
    expect(await service.getServerCapabilities()).toEqual({ supportedModels: [{ modelName: 'Qwen/Qwen3-0.6B' }] });
    expect(server.requests.at(-1)?.path).toBe(baseUrl.includes('prefix') ? '/prefix/api/v1/get_server_capabilities' : '/api/v1/get_server_capabilities');
    await service.close();
  });

  it('compresses nothing, since the server does not ask for it', async () => {
    const { server, service, training } = await skyrlTraining('head');
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(server.to('forward_backward').map(({ headers }) => [headers.get('content-type'), headers.get('content-encoding')])).toEqual([['application/x-protobuf', null]]);
    await service.close();
  });
});

describe('a session', () => {
  it('beats every ten seconds once it is open, and not before', async () => {
    const { server, environment, service } = skyrlService();
    environment.clock.increment(60_000);
    await settle();
    expect(server.requests).toEqual([]);
    await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
    for (let beat = 0; beat < 3; beat += 1) {
      environment.clock.increment(10_000);
      await settle();
    }
    expect(server.to('session_heartbeat').map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => ({ session_id: 'session_00000001', type: 'session_heartbeat' })));
    await service.close();
  });

  it('may have ended although its heartbeats are answered: what fails says so', async () => {
    const { skyrl, environment, service, training } = await skyrlTraining();
    environment.clock.increment(10_000);
    await settle();
    skyrl.failNext(`Model ${training.modelId} not loaded`);
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'requestFailed', message: expect.stringContaining('not loaded') });
    expect(service.getSnapshot().session.state).toBe('beating');
    await service.close();
  });

  it('that the server does not know is lost', async () => {
    const lost: TinkerError[] = [];
    const { server, environment, service } = await skyrlTraining('0.3', { onSessionLost: (error) => lost.push(error) });
    server.next('session_heartbeat', () => Response.json({ detail: 'Session not found' }, { status: 404 }));
    environment.clock.increment(10_000);
    await settle();
    expect(lost.map(({ kind }) => kind)).toEqual(['sessionLost']);
    await service.close();
  });
});

describe('telemetry', () => {
  it('is off', async () => {
    const { server, environment, service } = await skyrlTraining();
    environment.clock.increment(60_000);
    await settle();
    await service.close();
    expect(asked(server)).not.toContain('POST telemetry');
  });

  it('has the fields of every event that the server wants, where it is on', async () => {
    const { server, environment, service } = await skyrlTraining('0.3', { telemetry: true });
    environment.clock.increment(10_000);
    await settle();
    const sent: unknown[] = server.to('telemetry').flatMap(({ body }) => body['events']);
    expect(sent.length).toBeGreaterThan(0);
    for (const event of sent) {
      expect(event).toMatchObject({
        event: expect.any(String),
        event_id: expect.any(String),
        event_session_index: expect.any(Number),
        severity: expect.any(String),
        timestamp: expect.any(String),
      });
    }
    expect(service.getTelemetry()).toMatchObject({ state: 'on', dropped: 0 });
    await service.close();
  });

  it('fails nothing where the server refuses it', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { server, environment, service, training } = await skyrlTraining('0.3', { telemetry: true });
    server.times(10, 'telemetry', () => Response.json({ detail: [{ loc: ['body', 'events'], msg: 'no', type: 'x' }] }, { status: 422 }));
    environment.clock.increment(10_000);
    await settle();
    await expect(training.optimStep()).resolves.toMatchObject({});
    await service.close();
    warn.mockRestore();
  });
});
