import { describe, expect, it, jest } from '@jest/globals';
import type { TinkerError } from '../../src/index.js';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const lost = { kind: 'sessionLost', status: 404, message: expect.stringContaining('The server does not know this session any more') };

describe('a session that the server does not know any more', () => {
  it.each([
    'Session not found: S. Create a new session.',
    'Session S ended at 2026-01-01: no heartbeat came for 300 s.',
    'Unknown session',
    'session S has expired',
  ])('is lost with any request that says so: %s', async (detail) => {
    const told: TinkerError[] = [];
    const { server, environment, service, training, unobserved } = await scriptedTraining({ onSessionLost: (error) => told.push(error) });
    server.next('optim_step', () => json({ detail }, 404));
    expect(await rejection(training.optimStep())).toMatchObject(lost);
    expect(told).toEqual([expect.objectContaining({ kind: 'sessionLost', cause: expect.objectContaining({ status: 404 }) })]);
    expect(service.getSnapshot().session).toEqual({ state: 'lost', sessionId: 'S', silentMs: 0 });
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toBe(told[0]);
    const beats = server.to('session_heartbeat').length;
    environment.clock.increment(100_000);
    await settle();
    expect([server.to('session_heartbeat').length, unobserved]).toEqual([beats, []]);
    await service.close();
    expect(service.getSnapshot().session.state).toBe('lost');
  });

  it('is told of through onError where nobody listens for it', async () => {
    const { server, service, training, unobserved } = await scriptedTraining();
    server.times(2, 'optim_step', () => json({ detail: 'Session not found' }, 404));
    const steps = [training.optimStep(), training.optimStep()];
    for (const step of steps) expect(await rejection(step)).toMatchObject(lost);
    expect(unobserved).toEqual([expect.objectContaining({ kind: 'sessionLost' })]);
    await service.close();
  });

  it.each([
    ['optim_step', 404, 'Model S:train:0 not found'],
    ['optim_step', 404, 'Sampling session S:sample:0 not found'],
    ['optim_step', 400, 'Session not found'],
  ])('is not concluded from %s answering %i: %s', async (endpoint, status, detail) => {
    const { server, service, training } = await scriptedTraining();
    server.next(endpoint, () => json({ detail }, status));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'http', status });
    expect(service.getSnapshot().session.state).toBe('beating');
    await service.close();
  });

  it('is not concluded from a question about another session', async () => {
    const { server, service } = await scriptedTraining();
    server.next('weights_info', () => json({ detail: 'Session not found' }, 404));
    const asked = service.createRestClient().getWeightsInfoByTinkerPath('tinker://run/weights/x');
    expect(await rejection(asked)).toMatchObject({ kind: 'http', status: 404 });
    expect(service.getSnapshot().session.state).toBe('beating');
    await service.close();
  });
});

describe('a session at risk', () => {
  it('is told of on the console where nobody listens', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { server, environment, service } = await scriptedTraining();
    server.times(12, 'session_heartbeat', () => json({}, 503));
    for (let beat = 0; beat < 12; beat += 1) {
      environment.clock.increment(10_000);
      await settle(4);
    }
    expect(warn.mock.calls).toEqual([['tinkerjs: no heartbeat of session S has succeeded for 120 s. Is the server reachable?']]);
    warn.mockRestore();
    await service.close();
  });
});

describe('ServiceClient.getSnapshot', () => {
  const none = { billingPausedMs: undefined, trainingClients: 0, samplingClients: 0 };

  it('follows the session from before it is opened to silence and back, and counts clients', async () => {
    const risks: unknown[] = [];
    const { server, environment, service } = scriptedService({ onSessionAtRisk: (risk) => risks.push(risk) });
    expect(service.getSnapshot()).toEqual({ ...none, session: { state: 'unopened', sessionId: undefined, silentMs: undefined } });
    const made = service.createLoraTrainingClient({ baseModel: 'base' });
    expect(service.getSnapshot().session.state).toBe('opening');
    const training = await made;
    expect(service.getSnapshot()).toEqual({ ...none, trainingClients: 1, session: { state: 'beating', sessionId: 'S', silentMs: 0 } });
    server.times(12, 'session_heartbeat', () => json({}, 503));
    for (let beat = 0; beat < 12; beat += 1) {
      environment.clock.increment(10_000);
      await settle(4);
    }
    expect(service.getSnapshot().session).toEqual({ state: 'atRisk', sessionId: 'S', silentMs: 120_000 });
    expect(risks).toEqual([{ sessionId: 'S', silentMs: 120_000 }]);
    environment.clock.increment(10_000);
    await settle();
    environment.clock.increment(1_000);
    training.close();
    expect(service.getSnapshot()).toEqual({ ...none, session: { state: 'beating', sessionId: 'S', silentMs: 1_000 } });
    expect(JSON.parse(JSON.stringify(service.getSnapshot()))).toEqual({ trainingClients: 0, samplingClients: 0, session: { state: 'beating', sessionId: 'S', silentMs: 1_000 } });
    await service.close();
  });

  it('says that the session could not be opened, and is open again after the next call', async () => {
    const { server, environment, service } = scriptedService();
    server.next('create_session', () => json({ detail: 'no such project' }, 400));
    expect(await advanceUntil(environment, rejection(service.createLoraTrainingClient({ baseModel: 'base' })))).toMatchObject({ status: 400 });
    expect(service.getSnapshot().session).toEqual({ state: 'failed', sessionId: undefined, silentMs: undefined });
    await service.createLoraTrainingClient({ baseModel: 'base' });
    expect(service.getSnapshot().session.state).toBe('beating');
    await service.close();
    expect(service.getSnapshot().session.state).toBe('unopened');
  });
});
