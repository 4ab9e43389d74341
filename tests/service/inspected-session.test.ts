import { describe, expect, it, jest } from '@jest/globals';
import { version } from '../../src/types/version.js';
import { scriptedService } from '../support/clients.js';
import { Gathered } from '../support/inspection/gathered.js';
import { passTime, watchedTraining } from '../support/inspection/watched.js';
import { broken, held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

const quiet = { onSessionAtRisk: () => undefined, onSessionLost: () => undefined };

describe('the record of a service', () => {
  it('tells where it runs, and its session from the first call to the end', async () => {
    const watcher = new Gathered();
    const { environment, server, service } = scriptedService({ inspect: watcher });
    const opening = held();
    server.next('create_session', opening.handler);
    await passTime(environment, 150);
    expect(watcher.record('service', '')).toEqual({
      type: 'service', service: watcher.service.id, key: '', at: 100, baseUrl: 'http://scripted.test', version, nodeVersion: process.version, pid: process.pid,
      startedAt: 0, session: { state: 'unopened', heartbeats: 0, failedHeartbeats: 0 },
    });
    const training = service.createLoraTrainingClient({ baseModel: 'base' });
    await passTime(environment, 110);
    expect(watcher.record('service', '').session).toEqual({ state: 'opening', heartbeats: 0, failedHeartbeats: 0 });
    opening.release(json({ session_id: 'S' }));
    await training;
    await passTime(environment, 100);
    expect(watcher.record('service', '').session).toEqual({ state: 'beating', id: 'S', heardAt: 260, heartbeats: 0, failedHeartbeats: 0 });
    await service.close();
    expect(watcher.record('service', '')).toMatchObject({ closedAt: 360, session: { state: 'beating', id: 'S' } });
  });

  it('counts heartbeats with how long they took, and those without an answer', async () => {
    const { server, watcher, pass } = await watchedTraining(quiet);
    const slow = held();
    server.next('session_heartbeat', slow.handler).next('session_heartbeat', () => broken()).next('session_heartbeat', held().handler);
    await pass(9_920);
    slow.release(json({}));
    await pass(200);
    expect(watcher.record('service', '').session).toMatchObject({ heartbeats: 1, failedHeartbeats: 0, heartbeatMs: 20, heardAt: 10_020 });
    await pass(10_000);
    expect(watcher.record('service', '').session).toMatchObject({ heartbeats: 1, failedHeartbeats: 1, heardAt: 10_020 });
    await pass(20_000);
    expect(watcher.record('service', '').session).toMatchObject({ heartbeats: 1, failedHeartbeats: 2 });
  });

  it('says when the session is at risk, and when it was heard of again', async () => {
    const { server, watcher, pass } = await watchedTraining(quiet);
    server.times(12, 'session_heartbeat', () => json({ detail: 'down' }, 503));
    await pass(121_000);
    expect(watcher.record('service', '').session).toMatchObject({ state: 'atRisk', failedHeartbeats: 12 });
    expect(watcher.all('notice').map(({ level, text }) => `${level}: ${text}`)).toEqual(['warning: No heartbeat has succeeded for 120 s. Is the server reachable?']);
    await pass(10_000);
    expect(watcher.record('service', '').session.state).toBe('beating');
    expect(watcher.all('notice').at(-1)).toMatchObject({ level: 'info', text: 'The session was heard of again.' });
    expect(watcher.all('error')).toEqual([]);
  });

  it('tells that the session is lost, with what to do', async () => {
    const { server, watcher, service, pass } = await watchedTraining(quiet);
    server.next('session_heartbeat', () => json({ detail: 'Session not found' }, 404));
    await pass(10_100);
    expect(watcher.record('service', '').session.state).toBe('lost');
    expect(watcher.all('error')).toMatchObject([{ kind: 'sessionLost', status: 404, advice: expect.stringContaining('Open a new ServiceClient') }]);
    await service.close();
    expect(watcher.record('service', '').session.state).toBe('lost');
  });

  it('tells that the session could not be opened, once', async () => {
    const watcher = new Gathered();
    const { environment, server, service } = scriptedService({ inspect: watcher });
    server.next('create_session', () => json({ detail: 'full' }, 400));
    await expect(service.createLoraTrainingClient({ baseModel: 'base' })).rejects.toThrow('full');
    await passTime(environment, 100);
    expect(watcher.record('service', '').session.state).toBe('failed');
    expect(watcher.all('error')).toMatchObject([{ kind: 'http', status: 400 }]);
    await service.close();
  });

  it('says nothing while nothing happens, with no timer of its own', async () => {
    const watcher = new Gathered();
    const { environment, service } = scriptedService({ inspect: watcher });
    await passTime(environment, 100);
    const told = watcher.tellings.length;
    const timers = jest.spyOn(environment.clock, 'setTimeout');
    await passTime(environment, 5_000);
    expect(timers).not.toHaveBeenCalled();
    expect(watcher.tellings).toHaveLength(told);
    await service.close();
  });

  it('dates records by the clock of the world as it was at the beginning', async () => {
    const watcher = new Gathered();
    const { environment, service } = scriptedService();
    let wall = 1_000_000;
    const { service: other } = scriptedService({ inspect: watcher, environment: { ...environment, wallNow: () => wall } });
    wall = 5;
    environment.clock.increment(100);
    await settle();
    expect(watcher.record('service', '')).toMatchObject({ startedAt: 1_000_000, at: 1_000_100 });
    const { wallNow, ...without } = environment;
    expect(wallNow?.()).toBe(100);
    const before = Date.now();
    const real = new Gathered();
    const { service: third } = scriptedService({ inspect: real, environment: without });
    environment.clock.increment(100);
    expect(real.record('service', '').startedAt).toBeGreaterThanOrEqual(before - 1);
    for (const each of [service, other, third]) await each.close();
  });
});
