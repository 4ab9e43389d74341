import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { taken, watchedTraining } from '../support/inspection/watched.js';
import { held, json } from '../support/scripted-server.js';

describe('the record of a request of the service', () => {
  it('is of no client: the start, the settings, the model', async () => {
    const { watcher } = await watchedTraining();
    expect(watcher.newest('operation').map(({ kind, group, status }) => [kind, group, status])).toEqual([
      ['clientConfig', 'service', 'done'],
      ['dynamicConfig', 'service', 'failed'],
      ['createModel', 'service', 'done'],
    ]);
    for (const record of watcher.all('operation')) expect(record).not.toHaveProperty('client');
    expect(watcher.calls.map(({ kind, client }) => [kind, client])).toEqual([['clientConfig', undefined], ['dynamicConfig', undefined], ['createModel', undefined]]);
  });

  it('takes it for no failure that a server has no settings, but for one that it refuses them', async () => {
    const { server, watcher, service, pass } = await watchedTraining();
    expect(watcher.all('error')).toEqual([]);
    server.next('get_server_capabilities', () => json({ detail: 'unknown' }, 404));
    await rejection(service.getServerCapabilities());
    await pass(100);
    expect(watcher.all('error')).toMatchObject([{ kind: 'http', status: 404, operation: watcher.operation('getServerCapabilities').key }]);
    expect(watcher.all('error')[0]).not.toHaveProperty('client');
  });

  it('tells its way in exact times', async () => {
    const { server, watcher, service, pass } = await watchedTraining();
    const [asked, created, polled] = [held(), held(), held()];
    server.next('get_server_capabilities', asked.handler);
    const plain = service.getServerCapabilities();
    await pass(110);
    expect(watcher.operation('getServerCapabilities').status).toBe('sending');
    asked.release(json({ supported_models: [] }));
    await plain;
    server.next('create_model', created.handler).next('retrieve_future', polled.handler);
    const model = service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(20);
    created.release(taken(server, 'create_model'));
    await pass(100);
    polled.release(json({ model_id: 'S:train:1' }));
    await model;
    await pass(100);
    expect(watcher.phases('getServerCapabilities')).toEqual(['queued 0', 'sending 0']);
    expect(watcher.operation('getServerCapabilities')).toMatchObject({ status: 'done', calledAt: 100, endedAt: 210 });
    expect(watcher.phases('createModel')).toEqual(['queued 0', 'sending 0', 'waiting 20']);
    expect(watcher.operation('createModel')).toMatchObject({ status: 'done', endedAt: 330, requestId: 'r2' });
  });

  it('tells what holds it up, before and after it was taken', async () => {
    const { server, watcher, service, pass } = await watchedTraining();
    server.next('create_model', () => json({ detail: 'pay' }, 402));
    server.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity' }));
    const model = service.createLoraTrainingClient({ baseModel: 'base' });
    await pass(100);
    expect(watcher.operation('createModel')).toMatchObject({ status: 'paused', queueState: 'paused_billing' });
    await pass(6_000);
    await model;
    await pass(100);
    const names = watcher.operation('createModel').phases.map(({ name, reason = '' }) => (/402: pay/.test(reason) ? `${name} for pay` : name));
    expect(names.filter((name) => name !== 'downloading')).toEqual(['queued', 'sending', 'paused for pay', 'sending', 'waiting', 'paused']);
    expect(watcher.marks('createModel')).toEqual([expect.stringMatching(/^sent again 5000: .*402: pay/)]);
  });

  it('is refused by a closed service without a trace', async () => {
    const { watcher, service } = await watchedTraining();
    await service.close();
    const [told, calls] = [watcher.told.length, watcher.calls.length];
    await rejection(service.getServerCapabilities());
    expect([watcher.told.length, watcher.calls.length]).toEqual([told, calls]);
  });
});
