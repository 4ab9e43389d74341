import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as crypto from 'node:crypto';
import { resolveServerOptions } from '../../src/server/options/options.js';
import { refusalOf } from '../support/codec.js';
import { hostileNames } from './support/hostile-requests.js';

const compared: (readonly [number, number])[] = [];
jest.unstable_mockModule('node:crypto', () => ({
  ...crypto,
  default: crypto,
  timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
    compared.push([one.length, other.length]);
    return crypto.timingSafeEqual(one, other);
  },
}));

// Loaded after what it compares with is replaced.
const { openTestApi } = await import('../support/local-api.js');
const server = await openTestApi();
afterAll(() => server.close());
beforeEach(() => {
  compared.length = 0;
});

const ask = async (key: string) => (await server.request('GET', '/api/v1/get_server_capabilities', undefined, { 'x-api-key': key })).status;

describe('the key of a local server', () => {
  it('is compared in a time that says nothing of where keys differ: by digests of one length', async () => {
    const keys = ['tml-test', 'tml-tesu', 'uml-test', 't', 'tml-test'.repeat(400)];
    expect(await Promise.all(keys.map(ask))).toEqual([200, 401, 401, 401, 401]);
    expect(compared).toEqual(keys.map(() => [32, 32]));
  });

  it('is wanted for everything but the health check, the welcome, tokenizers and signed addresses', async () => {
    const paths = ['client/config', 'create_session', 'get_info', 'retrieve_future', 'telemetry', 'training_runs', 'sessions', 'audit', 'local/faults', 'nothing', 'healthz/x', ...hostileNames];
    const statuses = await Promise.all(paths.map(async (path) => (await server.request('GET', `/api/v1/${path}`, undefined, { 'x-api-key': 'tml-wrong' })).status));
    expect(new Set(statuses.filter((status) => status !== 401))).toEqual(new Set());
    for (const path of ['/', '/api/v1/healthz', '/tokenizers/fake/one/tokenizer.json']) expect((await server.request('GET', path, undefined, { 'x-api-key': '' })).status).toBe(200);
  });

  it.each(['/download/x/y', '/download/x/y?expires=9999999999&signature=', `/download/x/y?expires=9999999999&signature=${'0'.repeat(64)}`])(
    'is not missed at an address whose signature is wrong: %s',
    async (path) => {
      const response = await server.request('GET', path, undefined, { 'x-api-key': 'tml-test' });
      expect([response.status, await response.json()]).toEqual([403, { detail: 'The signature of this address is wrong. Ask for the address again.' }]);
    },
  );

  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', '128.0.0.1'])('must be given, and be long, to listen on %s', (host) => {
    const refused = (apiKey?: string) => refusalOf(() => resolveServerOptions({ host, ...(apiKey === undefined ? {} : { apiKey }) }));
    expect(refused()).toMatchObject({
      kind: 'validation', field: 'apiKey', message: `apiKey: none is given, and the server listens on ${host}, where others reach it. Give a key of your own, or listen on 127.0.0.1.`,
    });
    const short = refused('tml-fifteen-chars-a');
    expect(short).toMatchObject({ kind: 'validation', field: 'apiKey', message: expect.stringContaining('too short to withstand guessing') });
    expect(JSON.stringify(short)).not.toContain('fifteen');
    expect(resolveServerOptions({ host, apiKey: 'tml-sixteen-letters-' }).apiKey).toBe('tml-sixteen-letters-');
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', undefined])('may be made up to listen on %s', (host) => {
    expect(resolveServerOptions({ host })).toMatchObject({ host: host ?? '127.0.0.1', apiKey: undefined });
  });
});
