import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceClient, ServiceClientOptions } from '../../src/index.js';
import { fetchTransport } from '../../src/api/fetch-transport.js';
import { resolveConfig } from '../../src/config.js';
import { Runtime } from '../../src/service/runtime.js';
import { rejection } from '../support/clients.js';
import { json, ScriptedServer } from '../support/scripted-server.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';
import { jwt, TokenServer } from '../support/token-server.js';

const folder = mkdtempSync(join(tmpdir(), 'tinkerjs-credentials-'));
const runs = join(folder, 'runs');
const closing: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0)) await open.close();
  rmSync(runs, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Prints the credential, and notes that it ran. */
function printing(credential: string): string {
  return `"${process.execPath}" -e "require('fs').appendFileSync('${runs.replaceAll('\\', '/')}', 'x'); console.log('${credential}')"`;
}

function timesRun(): number {
  return readFileSync(runs, 'utf8').length;
}

function open(server: TokenServer, options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const service = server.client(options);
  closing.push(service);
  return service;
}

function runtimeOf(server: { readonly fetch: typeof globalThis.fetch }, options: Partial<ServiceClientOptions> = {}): Runtime {
  const environment = simulatedEnvironment();
  const runtime = new Runtime(resolveConfig({ baseUrl: 'http://scripted.test', apiKey: 'tml-key', fetch: server.fetch, environment, ...options }, {}));
  closing.push(runtime);
  return runtime;
}

const keysOf = (server: ScriptedServer) => server.requests.map(({ path, headers }) => [path.slice('/api/v1/'.length), headers.get('X-API-Key')]);
const onlyCommand = (command: string) => resolveConfig({ baseUrl: 'http://scripted.test' }, { TINKER_CREDENTIAL_CMD: command });

describe('an API key', () => {
  it('is what every request carries where the server wants no token', async () => {
    const server = new ScriptedServer({ pjwt_auth_enabled: false });
    await runtimeOf(server).session();
    expect(keysOf(server)).toEqual([
      ['client/config', 'tml-key'],
      ['client/dynamic_config', 'tml-key'],
      ['create_session', 'tml-key'],
    ]);
  });

  it('names nobody, unless it is an identity token', async () => {
    const anonymous = { kind: 'validation', field: 'apiKey', message: expect.stringContaining('whoami: nothing says who you are') };
    expect(await rejection(runtimeOf(new ScriptedServer()).identity())).toMatchObject(anonymous);
    const other = jwt({ sub: 'urn:user:1', iss: 'somebody' });
    expect(await rejection(runtimeOf(new ScriptedServer(), { apiKey: other }).identity())).toMatchObject(anonymous);
    const passport = jwt({ sub: 'urn:user:1', iss: 'passport-eu', email: '' });
    await expect(runtimeOf(new ScriptedServer(), { apiKey: passport }).identity()).resolves.toEqual({ userUrn: 'urn:user:1', email: undefined });
  });

  it('is exchanged where the server wants tokens, which name their user', async () => {
    const server = new TokenServer();
    const runtime = runtimeOf(server, { environment: server.environment });
    await expect(runtime.identity()).resolves.toEqual({ userUrn: 'urn:user:7', email: 'ada@example.org' });
    expect(server.exchanged).toEqual(['tml-key']);
    expect(keysOf(server.scripted)).toEqual([
      ['client/config', 'tml-key'],
      ['client/dynamic_config', server.issued[0]],
    ]);
  });

  it('is exchanged although the server would rather have the command\'s, when it is a token itself', async () => {
    const server = new TokenServer({ credential_default_source: 'credential_cmd' });
    await open(server, { apiKey: jwt({ sub: 'me' }), credentialCommand: printing('tml-printed') }).getServerCapabilities();
    expect(server.exchanged).toEqual([jwt({ sub: 'me' })]);
  });

  it('that is refused with 401 is not tried again', async () => {
    const server = new ScriptedServer().next('get_server_capabilities', () => json({ detail: 'no' }, 401));
    const service = open(new TokenServer(), { fetch: server.fetch });
    expect(await rejection(service.getServerCapabilities())).toMatchObject({ kind: 'http', status: 401 });
    expect(server.to('get_server_capabilities')).toHaveLength(1);
  });
});

describe('a credential command', () => {
  it('stands in for a missing key, and is run once where the server wants no token', async () => {
    const server = new ScriptedServer();
    const { credentialCommand, apiKey } = onlyCommand(printing('tml-printed'));
    const runtime = new Runtime({ ...onlyCommand(printing('tml-printed')), transport: fetchTransport(server.fetch), environment: simulatedEnvironment() });
    closing.push(runtime);
    await runtime.session();
    expect([apiKey, credentialCommand, timesRun()]).toEqual([undefined, printing('tml-printed'), 1]);
    expect(new Set(keysOf(server).map(([, key]) => key))).toEqual(new Set(['tml-printed']));
    expect(await rejection(runtime.identity())).toMatchObject({ kind: 'validation', field: 'apiKey' });
  });

  it('is run for every exchange', async () => {
    const server = new TokenServer({ credential_default_source: 'credential_cmd' });
    server.livesMs = 30_000;
    const service = open(server, { credentialCommand: printing('tml-printed') });
    await service.getServerCapabilities();
    server.environment.clock.increment(5_000);
    await service.getServerCapabilities();
    expect([server.exchanged, timesRun()]).toEqual([['tml-printed', 'tml-printed'], 2]);
  });

  it('is asked for where the server wants one', async () => {
    const server = new TokenServer({ credential_default_source: 'credential_cmd' });
    expect(await rejection(open(server).getServerCapabilities())).toMatchObject({
      kind: 'validation',
      field: 'credentialCommand',
      message: 'credentialCommand: this server wants the credential that a command prints: set the option or TINKER_CREDENTIAL_CMD',
    });
  });

  it('that fails fails the call before anything is sent, and is run again by the next one', async () => {
    const server = new ScriptedServer();
    const failing = `"${process.execPath}" -e "require('fs').appendFileSync('${runs.replaceAll('\\', '/')}', 'x'); process.exit(1)"`;
    const runtime = new Runtime({ ...onlyCommand(failing), transport: fetchTransport(server.fetch), environment: simulatedEnvironment() });
    closing.push(runtime);
    for (const times of [1, 2]) {
      expect(await rejection(runtime.session())).toMatchObject({ kind: 'validation', message: expect.stringContaining('failed (exit code 1)') });
      expect([timesRun(), server.requests]).toEqual([times, []]);
    }
  });

  it('does not stand in for a key that is given and wrong', () => {
    const cloud = { credentialCommand: 'print' };
    expect(() => resolveConfig({ ...cloud, apiKey: 'wrong' }, {})).toThrow('an API key of the Tinker cloud starts with "tml-"');
    expect(resolveConfig(cloud, { TINKER_API_KEY: 'wrong' })).toMatchObject({ apiKey: undefined, credentialCommand: 'print' });
    expect(resolveConfig(cloud, { TINKER_API_KEY: 'tml-right' })).toMatchObject({ apiKey: 'tml-right', credentialCommand: 'print' });
    expect(() => resolveConfig({ credentialCommand: '' }, {})).toThrow('credentialCommand: expected a non-empty string (what was given is not shown)');
  });
});

describe('the access token of another account', () => {
  const path = 'tinker://run/weights/x';

  it('asks for the checkpoint, with a token of its own where the server wants one; the rest is ours', async () => {
    const server = new TokenServer();
    const service = open(server);
    await service.createTrainingClientFromState(path, { weightsAccessToken: 'tml-other' });
    expect(server.exchanged).toEqual(['tml-first-credential', 'tml-other']);
    const [ours, theirs] = server.issued;
    expect(keysOf(server.scripted).filter(([endpoint]) => endpoint !== 'retrieve_future')).toEqual([
      ['client/config', 'tml-first-credential'],
      ['client/dynamic_config', ours],
      ['create_session', ours],
      ['client/config', 'tml-other'],
      ['client/dynamic_config', theirs],
      ['weights_info', theirs],
      ['create_model', ours],
      ['load_weights', ours],
    ]);
    expect(server.scripted.to('load_weights')[0]?.body).toEqual({
      model_id: 'S:train:0', path, seq_id: 1, optimizer: false, weights_access_token: 'tml-other', type: 'load_weights',
    });
    // Nobody renews what was needed once: the next exchange is for us.
    server.environment.clock.increment(3_400_000);
    await settle(20);
    expect(server.exchanged).toEqual(['tml-first-credential', 'tml-other', 'tml-first-credential']);
  });

  it('goes as it is where the model is created by loading', async () => {
    const server = new TokenServer({ create_model_via_load_weights: true });
    await open(server).createTrainingClientFromStateWithOptimizer(path, { weightsAccessToken: 'tml-other' });
    expect([server.exchanged, server.scripted.to('weights_info')]).toEqual([['tml-first-credential'], []]);
    expect(server.scripted.to('load_weights')[0]?.body).toMatchObject({ session_id: 'S', optimizer: true, weights_access_token: 'tml-other' });
  });
});
