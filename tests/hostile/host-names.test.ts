import { afterEach, describe, expect, it } from '@jest/globals';
import { resolveServerOptions } from '../../src/server/options/options.js';
import { refusalOf, untyped } from '../support/codec.js';
import { openTestApi, type TestApi } from '../support/local-api.js';

let server: TestApi | undefined;
afterEach(() => server?.close());

/** What is answered at two places, one of which wants no key. */
async function statuses(host: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const path of ['/api/v1/healthz', '/api/v1/get_server_capabilities']) found.push((await server?.request('GET', path, undefined, { host }))?.status ?? 0);
  return found;
}

describe('a server on loopback, asked by a web page whose name was made to lead here', () => {
  it('does not answer, with the right key or without one', async () => {
    server = await openTestApi();
    for (const host of ['evil.test', 'evil.test:8471', 'localhost.evil.test', '127.0.0.1.evil.test:80', 'xlocalhost', '', '[::1].evil.test']) expect([host, await statuses(host)]).toEqual([host, [421, 421]]);
    const refused = await server.request('GET', '/', undefined, { host: 'evil.test' });
    expect(await refused.json()).toEqual({ detail: 'This server answers under 127.0.0.1 and localhost only; behind a proxy, name the host in the option allowedHosts.' });
  });

  it('answers under every name of this machine, whatever the port', async () => {
    server = await openTestApi();
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8471', '127.8.0.1', '[::1]:99', 'my.localhost:3', '10.0.0.7:80']) expect([host, await statuses(host)]).toEqual([host, [200, 200]]);
  });

  it('answers under names that are allowed', async () => {
    server = await openTestApi({ allowedHosts: ['train.Example.com'] });
    expect([await statuses('train.example.com:443'), await statuses('example.com')]).toEqual([[200, 200], [421, 421]]);
  });

  it('is not asked for that where it listens for others anyway', async () => {
    server = await openTestApi({ host: '0.0.0.0', apiKey: 'tml-sixteen-letters-' });
    expect(await statuses('train.example.com')).toEqual([200, 200]);
  });

  it.each([[['http://x']], [['x:80']], ['x'], [[7]]])('takes no names that are none: %j', (names: unknown) => {
    const resolve = untyped(resolveServerOptions);
    expect(refusalOf(() => resolve({ allowedHosts: names }))).toMatchObject({ kind: 'validation', field: 'allowedHosts' });
  });
});
