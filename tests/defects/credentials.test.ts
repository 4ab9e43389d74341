import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import type { ServiceClient, ServiceClientOptions } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';
import { jwt, TokenServer } from '../support/token-server.js';

const services: ServiceClient[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
  jest.restoreAllMocks();
});

function open(server: TokenServer, options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const service = server.client(options);
  services.push(service);
  return service;
}

const capabilities = (service: ServiceClient, count: number) => Array.from({ length: count }, () => service.getServerCapabilities());

describe('tokens under load', () => {
  it('exchanges once for a hundred requests at the start, and once when its last minute begins', async () => {
    const server = new TokenServer();
    server.livesMs = 200_000;
    const service = open(server);
    await Promise.all(capabilities(service, 100));
    expect([server.exchanged, server.issued.length]).toEqual([['tml-first-credential'], 1]);
    const slow = held();
    server.exchangeWith(() => slow.handler());
    // The background's own try goes unanswered meanwhile: everybody waits for the same one.
    server.environment.clock.increment(150_000);
    const waiting = Promise.all(capabilities(service, 100));
    await settle(20);
    expect([server.exchanged.length, server.scripted.to('get_server_capabilities').length]).toEqual([2, 100]);
    slow.release(server.issue());
    await waiting;
    expect([server.exchanged.length, server.issued.length, server.refused]).toEqual([2, 2, []]);
    const carried = server.scripted.to('get_server_capabilities').map(({ headers }) => headers.get('X-API-Key'));
    expect(new Set(carried.slice(0, 100))).toEqual(new Set([server.issued[0]]));
    expect(new Set(carried.slice(100))).toEqual(new Set([server.issued[1]]));
  });

  it('gives a request whose token ended on the way a fresh one, and executes it once', async () => {
    const server = new TokenServer();
    const service = open(server);
    const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    const poll = held();
    server.scripted.next('retrieve_future', poll.handler);
    const pass = training.forwardBackward([datum()], 'cross_entropy');
    await settle(20);
    // The server forgets every token, such as in a restart: the poll under way, then the next submission.
    server.issued.length = 0;
    poll.release(json({ type: 'try_again', queue_state: 'active' }));
    const step = training.optimStep();
    server.environment.clock.increment(10_000);
    await expect(advanceUntil(server.environment, pass)).resolves.toMatchObject({ metrics: { 'loss:sum': 0.5 } });
    await step;
    expect(server.exchanged).toHaveLength(2);
    expect(new Set(server.refused)).toEqual(new Set(['/api/v1/optim_step', '/api/v1/session_heartbeat']));
    expect(server.scripted.executed.map(({ path }) => path)).toEqual(['create_model', 'forward_backward', 'optim_step']);
  });

  it('loses no operation while the token has ended and nobody gives a new one', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const server = new TokenServer();
    server.livesMs = 400_000;
    const service = open(server);
    const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    server.exchangeWith(() => json({ detail: 'out of order' }, 503));
    for (let minute = 0; minute < 8; minute += 1) {
      server.environment.clock.increment(60_000);
      await settle();
    }
    const step = training.optimStep();
    for (let half = 0; half < 4; half += 1) {
      server.environment.clock.increment(30_000);
      await settle();
    }
    expect([training.getSnapshot().state, server.scripted.to('optim_step')]).toEqual(['submitting', []]);
    server.exchangeWith(() => server.issue());
    await expect(advanceUntil(server.environment, step)).resolves.toMatchObject({ metrics: { step: 1 } });
    expect(server.scripted.to('optim_step')).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('are in no error, inspection event, callback or line on the console', async () => {
    const told: unknown[] = [];
    const tell = (...said: unknown[]) => void told.push(...said);
    for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(tell);
    const secrets = ['tml-first-credential', 'cf-very-secret-value', 'signed-in-cookie'];
    const everything = () => [...secrets, ...server.issued].join(' and ');
    const server = new TokenServer();
    const service = open(server, {
      defaultHeaders: { 'CF-Access-Client-Secret': 'cf-very-secret-value', Cookie: 'signed-in-cookie' },
      // As a viewer gets it: events and contexts as JSON.
      inspect: (seen) => tell(JSON.stringify(['event' in seen ? seen.event : '', 'snapshot' in seen && 'context' in seen.snapshot ? seen.snapshot.context : ''])),
      onError: tell,
      onSessionAtRisk: tell,
      onSessionLost: tell,
      onQueueState: tell,
    });
    const { scripted } = server;
    const until = (promise: PromiseLike<unknown>) => advanceUntil(server.environment, rejection(promise));
    // Exchanges that fail in every way, each repeating what it was asked with.
    server.exchangeWith((count) => {
      if (count === 1) return json({ detail: everything() }, 500);
      if (count === 2) throw Object.assign(new TypeError(`fetch failed: ${everything()}`), { headers: { 'X-API-Key': 'tml-first-credential' } });
      if (count === 3) return json({ token: everything() });
      if (count === 4) return json({ detail: everything() }, 403);
      return server.issue();
    });
    tell(await until(service.getServerCapabilities()));
    scripted.next('create_session', () => json({ session_id: 'S', info_message: everything(), warning_message: everything(), error_message: everything() }));
    const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    scripted.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: everything() }));
    scripted.next('retrieve_future', () => json({ error: everything() }));
    tell(await until(training.optimStep()));
    scripted.next('optim_step', () => json({ detail: everything() }, 402)).next('optim_step', () => json({ detail: everything() }, 422));
    tell(await until(training.optimStep()));
    scripted.next('get_server_capabilities', () => json({ detail: everything() }, 400)).times(9, 'get_server_capabilities', () => broken(everything()));
    tell(await until(service.getServerCapabilities()));
    tell(await until(service.getServerCapabilities({ timeoutMs: 1_000 })));
    // Nobody can know it before it is given.
    secrets.push('opaque-access-token');
    scripted.next('load_weights', () => json({ detail: everything() }, 403));
    tell(await until(training.loadState('tinker://run/weights/x', { weightsAccessToken: 'opaque-access-token' })));
    secrets.push('tml-of-somebody-else');
    scripted.next('weights_info', () => json({ detail: everything() }, 404));
    tell(await until(service.createTrainingClientFromState('tinker://run/weights/x', { weightsAccessToken: 'tml-of-somebody-else' })));
    scripted.next('session_heartbeat', () => json({ detail: everything() }, 404));
    server.environment.clock.increment(20_000);
    await settle();
    tell(service.getSnapshot(), training.getSnapshot());
    expect(told.length).toBeGreaterThan(100);
    const shown = inspect(told, { depth: 12, maxArrayLength: null, maxStringLength: null });
    for (const secret of [...secrets, ...server.issued]) expect(shown.includes(secret)).toBe(false);
    expect(shown).toContain('[API key] and');
    expect(shown).toContain('[JWT]');
  });

  it('are hidden when the server takes tokens of an unknown form', async () => {
    const server = new TokenServer();
    server.exchangeWith(() => json({ jwt: 'opaque token of a server' }));
    const service = open(server);
    const error = await rejection(service.getServerCapabilities());
    expect(error).toMatchObject({ message: expect.stringContaining('401: token [JWT] has ended') });
    expect(inspect(error, { depth: 10 })).not.toContain('opaque');
    expect(jwt({ exp: 1 })).toMatch(/^eyJ/);
  });
});
