import { describe, expect, it } from '@jest/globals';
import { watchFailures } from '../../src/telemetry/telemetry-watch.js';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

describe('watchFailures', () => {
  it('tells of every training client, whichever was first', async () => {
    const { server, service, training } = await scriptedTraining();
    const told: unknown[] = [];
    watchFailures(service.actor, ({ kind, status }) => told.push([kind, status]));
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    server.times(2, 'optim_step', () => json({ detail: 'no' }, 422));
    await rejection(training.optimStep());
    await rejection(other.optimStep());
    expect(told).toEqual([['http', 422], ['http', 422]]);
    await service.close();
  });

  it('tells of operations of no client, restores, and a session that is lost', async () => {
    const { server, environment, service, training } = await scriptedTraining();
    const told: string[] = [];
    watchFailures(service.actor, ({ kind }) => told.push(kind));
    server.next('create_model', () => json({ detail: 'no' }, 400));
    await rejection(service.createLoraTrainingClient({ baseModel: 'base' }));
    expect(told.splice(0)).toEqual(['http']);
    server.next('load_weights', () => json({ detail: 'damaged' }, 400));
    expect(await rejection(service.createTrainingClientFromState('tinker://run/weights/x'))).toMatchObject({ kind: 'restoreFailed' });
    // Told once, by its innermost layer or its outermost.
    expect(told.splice(0)).toHaveLength(1);
    server.next('session_heartbeat', () => json({ detail: 'unknown session' }, 404));
    environment.clock.increment(10_000);
    await settle();
    expect(told).toContain('sessionLost');
    await advanceUntil(environment, service.close());
    expect(training.actor.getSnapshot().status).not.toBe('active');
  });

  it("tells of a sampling client's calls", async () => {
    const { service } = scriptedService();
    const told: string[] = [];
    watchFailures(service.actor, ({ message }) => told.push(message));
    service.actor.send({
      type: 'sampling.made',
      actorId: 'sampling-1',
      samplingSessionId: 's',
      maxConcurrent: 2,
      progressTimeoutMs: undefined,
      dispatchBytes: 1_000,
    });
    // Any news of the root makes its clients be looked at again.
    service.actor.send({ type: 'training.made', actorId: 'training-1', modelId: 'm' });
    const sampling = service.actor.getSnapshot().context.samplings['sampling-1'];
    for (const message of ['first', 'second']) {
      sampling?.send({ type: 'call.made', at: 0 });
      sampling?.send({ type: 'call.ended', how: 'failed', error: { kind: 'http', message }, at: 0 });
      sampling?.send({ type: 'call.made', at: 0 });
      sampling?.send({ type: 'call.ended', how: 'done', error: undefined, at: 0 });
    }
    expect(told).toEqual(['first', 'second']);
    await service.close();
  });

  it('says nothing of settings that a server does not have', async () => {
    const { server, service } = scriptedService();
    const told: unknown[] = [];
    watchFailures(service.actor, (error) => told.push(error));
    server.next('client/config', () => json({ detail: 'Not Found' }, 404)).next('client/dynamic_config', () => json({ detail: 'Not Found' }, 404));
    await service.createLoraTrainingClient({ baseModel: 'base' });
    expect(told).toEqual([]);
    await service.close();
  });
});
