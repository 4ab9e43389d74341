import { describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceClient } from '../../src/index.js';
import { CountingClock } from '../support/counting-clock.js';
import { datum, rejection, scriptedService } from '../support/clients.js';
import { held, json, ScriptedServer } from '../support/scripted-server.js';
import { input } from '../support/sampling.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';
import { jwt } from '../support/token-server.js';

const urlOf = (request: string | URL | Request) => (request instanceof Request ? request.url : request.toString());
const never = () => new Promise<Response>(() => undefined);

function counted() {
  const clock = new CountingClock();
  return { clock, environment: { ...simulatedEnvironment(), clock, now: () => clock.now(), wallNow: () => clock.now() } };
}

/** A service whose token and settings are about to be renewed. */
async function busyService() {
  const { clock, environment } = counted();
  const server = new ScriptedServer({ pjwt_auth_enabled: true });
  server.next('auth/token', () => json({ jwt: jwt({ exp: 400, sub: 'u' }) })).next('auth/token', never);
  server.next('client/dynamic_config', () => json({ refresh_interval_sec: 95 })).next('client/dynamic_config', never);
  const service = new ServiceClient({ baseUrl: 'http://scripted.test', apiKey: 'tml-secret-key', fetch: server.fetch, environment, encoding: 'json', onQueueState: () => undefined });
  const training = await service.createLoraTrainingClient({ baseModel: 'base' });
  const sampling = await service.createSamplingClient({ baseModel: 'base' });
  return { clock, server, service, training, sampling };
}

describe('closing a service while everything is under way', () => {
  it('settles all calls at once, and leaves neither timer nor request nor file', async () => {
    const { clock, server, service, training, sampling } = await busyService();
    clock.increment(100_000);
    await settle();
    expect([server.to('auth/token').length, server.to('client/dynamic_config').length]).toEqual([2, 2]);
    const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-close-'));
    const rest = service.createRestClient();
    const archive = 'training_runs/r/checkpoints/weights/a/archive';
    server.next(archive, () => json({ detail: 'building' }, 503)).next('training_runs/r/checkpoints/weights/b/archive', never);
    server.next('retrieve_future', never).next('retrieve_future', never);
    server.next('forward_backward', (request) => server.accept(request, {})).next('optim_step', never).next('get_info', never);
    const calls: PromiseLike<unknown>[] = [training.forwardBackward([datum()], 'cross_entropy'), training.optimStep(), training.saveState('later'), sampling.sample(input)];
    await settle();
    server.next('asample', () => json({}, 429));
    calls.push(sampling.sample(input), training.getTokenizer(), service.createLoraTrainingClient({ baseModel: 'base' }));
    server.next('create_model', never);
    calls.push(rest.downloadCheckpoint('tinker://r/weights/a', join(folder, 'a')), rest.downloadCheckpoint('tinker://r/weights/b', join(folder, 'b')));
    await settle(40);
    calls.push(sampling.computeLogprobs([1, 2]));
    await settle();
    expect(sampling.getSnapshot()).toMatchObject({ gate: 'backingOff', inFlight: 3 });
    const outcomes = calls.map(rejection);
    await service.close();
    for (const error of await Promise.all(outcomes)) expect(error).toMatchObject({ kind: 'cancelled' });
    expect(clock.pending).toBe(0);
    const before = server.requests.length;
    clock.increment(10_000_000);
    await settle(40);
    expect([clock.pending, server.requests.length - before]).toEqual([0, 0]);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('ends a load of a tokenizer for whoever waits, and whoever comes later', async () => {
    const server = new ScriptedServer();
    const files = held();
    const fetch: typeof globalThis.fetch = (request, init) => (urlOf(request).includes('/tokenizers/') ? files.handler() : server.fetch(request, init));
    const { service } = scriptedService({ fetch });
    server.next('get_info', ({ body }) => json({ model_id: body['model_id'], model_data: { model_name: 'local/closing' } }));
    const training = await service.createLoraTrainingClient({ baseModel: 'base' });
    const sampling = await service.createSamplingClient({ baseModel: 'base' });
    const waiting = [training.getTokenizer(), sampling.getTokenizer({ source: 'http://scripted.test/tokenizers/local/closing' })].map(rejection);
    await settle();
    await service.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ kind: 'cancelled' });
    for (const late of [training.getTokenizer(), sampling.getTokenizer()]) expect(await rejection(late)).toMatchObject({ kind: 'cancelled' });
    files.release(json({}, 404));
  });

  it('ends a credential command, whatever waits for what it prints', async () => {
    const { clock, environment } = counted();
    const server = new ScriptedServer({ pjwt_auth_enabled: true, credential_default_source: 'credential_cmd' });
    const service = new ServiceClient({
      baseUrl: 'http://scripted.test',
      apiKey: 'tml-secret-key',
      credentialCommand: `"${process.execPath}" -e "setInterval(() => 0, 1000)"`,
      fetch: server.fetch,
      environment,
    });
    const waiting = rejection(service.createLoraTrainingClient({ baseModel: 'base' }));
    await settle();
    await service.close();
    expect(await waiting).toMatchObject({ kind: 'cancelled' });
    expect(clock.pending).toBe(0);
  });

  it('renews no token that comes in the moment of closing', async () => {
    const { clock, environment } = counted();
    const server = new ScriptedServer({ pjwt_auth_enabled: true });
    const token = held();
    server.next('auth/token', token.handler);
    const service = new ServiceClient({ baseUrl: 'http://scripted.test', apiKey: 'tml-secret-key', fetch: server.fetch, environment });
    const waiting = rejection(service.createLoraTrainingClient({ baseModel: 'base' }));
    await settle();
    // Whichever of the many turns of the way from the answer to its use it comes in.
    token.release(json({ jwt: jwt({ exp: 4_000 }) }));
    for (let turn = 0; turn < 200 && clock.pending > 0; turn += 1) await Promise.resolve();
    await service.close();
    expect(await waiting).toMatchObject({ kind: 'cancelled' });
    await settle();
    expect(clock.pending).toBe(0);
  });
});
