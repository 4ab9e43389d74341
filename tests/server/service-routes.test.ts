import { afterEach, describe, expect, it } from '@jest/globals';
import type { LocalServerOptions } from '../../src/server/options/options.js';
import { ClientConfig, defaultClientConfig } from '../../src/types/service.js';
import { openTestApi, type TestApi } from '../support/local-api.js';

let server: TestApi;
afterEach(async () => {
  await server.close();
});

const asked = { sdk_version: '0.25.0' };
const capabilities = '/api/v1/get_server_capabilities';

async function setUp(options: LocalServerOptions = {}): Promise<void> {
  server = await openTestApi(options);
}

const call = async (credential: string, path = capabilities): Promise<[number, unknown]> => {
  const response = await server.request('GET', path, undefined, { 'x-api-key': credential });
  return [response.status, await response.json()];
};

const token = async (): Promise<string> => String((await server.post('/api/v1/auth/token', {})).body['jwt']);

const claimsOf = (jwt: string): unknown => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

describe('addServiceRoutes', () => {
  it('tells clients the settings of the protocol, and to speak plain HTTP', async () => {
    await setUp();
    expect(await server.post('/api/v1/client/config', asked)).toEqual({
      status: 200,
      body: ClientConfig.encode({ ...defaultClientConfig, usePyqwestTransport: false }),
    });
    expect(await server.post('/api/v1/client/dynamic_config', asked)).toEqual({ status: 200, body: { refresh_interval_sec: 300, sample_cancel_enabled: true } });
  });

  it('tells clients what it was started with', async () => {
    await setUp({ clientConfig: { protoCompressFwdbwd: true, sampleMaxConcurrentRequests: 3 }, configRefreshSeconds: 15 });
    expect((await server.post('/api/v1/client/config', asked)).body).toMatchObject({
      proto_compress_fwdbwd: true,
      sample_max_concurrent_requests: 3,
      pjwt_auth_enabled: false,
    });
    expect((await server.post('/api/v1/client/dynamic_config', asked)).body).toEqual({ refresh_interval_sec: 15, sample_cancel_enabled: true });
  });

  it('has no tokens unless it was started with them', async () => {
    await setUp();
    expect((await server.post('/api/v1/auth/token', {})).status).toBe(404);
    expect(await call('eyJx.eyJy.z')).toEqual([401, { detail: 'The API key in X-API-Key is not the one that this server was started with.' }]);
  });

  it('takes numbers in metadata that only 64 bits hold', async () => {
    await setUp();
    const response = await server.request('POST', '/api/v1/create_session', '{"tags":[],"user_metadata":{"n":12345678901234567890},"sdk_version":"1"}');
    expect(response.status).toBe(200);
  });

  it('gives the same session metadata a session of its own each time', async () => {
    await setUp();
    const session = { tags: ['a'], user_metadata: { b: 'c' }, sdk_version: '0.25.0', type: 'create_session' };
    const opened = [await server.post('/api/v1/create_session', session), await server.post('/api/v1/create_session', session)];
    expect(opened.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(opened.map(({ body }) => body['session_id'])).size).toBe(2);
    expect((await server.post('/api/v1/session_heartbeat', { session_id: 'other' })).status).toBe(404);
  });
});

describe('requireCredential', () => {
  it('exchanges the key for a token that says who has it, from whom and until when', async () => {
    await setUp({ jwtAuth: { lifetimeSeconds: 90 } });
    expect((await server.post('/api/v1/client/config', asked)).body).toMatchObject({ pjwt_auth_enabled: true });
    const now = Math.floor(server.clock.now() / 1000);
    expect(claimsOf(await token())).toEqual({ sub: 'urn:tinkerjs:user:local', org_id: 'local', email: '', iss: 'tinkerjs', exp: now + 90 });
  });

  it('takes tokens, and the key only where a client has no token yet', async () => {
    await setUp({ jwtAuth: true });
    const jwt = await token();
    expect(jwt.startsWith('eyJ')).toBe(true);
    expect((await call(jwt))[0]).toBe(200);
    expect(await call('tml-test')).toEqual([
      401,
      { detail: 'This server takes tokens only: exchange the API key for one at /api/v1/auth/token (wire protocol §1.3).' },
    ]);
    expect((await call('tml-test', '/api/v1/local/ledger'))[0]).toBe(200);
    const renewed = await server.request('POST', '/api/v1/auth/token', {}, { 'x-api-key': jwt });
    expect(renewed.status).toBe(200);
  });

  it('refuses a token whose time is over', async () => {
    await setUp({ jwtAuth: { lifetimeSeconds: 60 } });
    const jwt = await token();
    server.clock.advance(59_000);
    expect((await call(jwt))[0]).toBe(200);
    server.clock.advance(1000);
    expect(await call(jwt)).toEqual([401, { detail: 'The token in X-API-Key has expired; get another one at /api/v1/auth/token.' }]);
  });

  it('refuses a token that it did not issue, or that was changed', async () => {
    await setUp({ jwtAuth: true });
    const [head = '', , signature = ''] = (await token()).split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'x', email: '', iss: 'tinkerjs', exp: 9_999_999_999 })).toString('base64url');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${claims}.`;
    for (const forged of [`${head}.${claims}.${signature}`, unsigned, 'eyJ', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln']) {
      expect(await call(forged)).toEqual([
        401,
        { detail: 'The token in X-API-Key was not issued by this server, or was changed; get another one at /api/v1/auth/token.' },
      ]);
    }
  });

  it('takes a token over a restart', async () => {
    await setUp({ jwtAuth: true });
    const jwt = await token();
    server = await server.crash();
    expect((await call(jwt))[0]).toBe(200);
  });
});
