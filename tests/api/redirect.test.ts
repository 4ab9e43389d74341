import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { inspect } from 'node:util';
import { auditLog } from '../../src/api/audit.js';
import type { Attempt } from '../../src/api/http.js';
import { getServerCapabilities } from '../../src/api/service.js';
import { unloadModel } from '../../src/api/training.js';
import { AuditLogRequest } from '../../src/types/audit.js';
import { UnloadModelRequest } from '../../src/types/training.js';
import { leftOf, rightOf } from '../support/codec.js';
import { firstAttempt, httpTo } from '../support/exchange.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A server, and the headers of each request that reached it. */
async function listening(handler: RequestListener): Promise<{ readonly origin: string; readonly arrived: IncomingHttpHeaders[] }> {
  const arrived: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    arrived.push(request.headers);
    request.resume();
    handler(request, response.setHeader('connection', 'close'));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return { origin: `http://127.0.0.1:${address.port}`, arrived };
}

/** A server that redirects to another one. */
async function redirecting(status: number, path: string, elsewhere: RequestListener = (_, response) => response.end('{"supported_models":[]}')) {
  const second = await listening(elsewhere);
  const first = await listening((_, response) => response.writeHead(status, { location: path === '' ? '' : `${second.origin}${path}` }).end('go to signature=s3cret'));
  return { first, second, http: httpTo({ baseUrl: first.origin, headers: { 'CF-Access-Client-Secret': 'cf-secret' } }) };
}

const unload = UnloadModelRequest.make({ modelId: 'm' });
const audit = AuditLogRequest.make({ eventType: 'all' });
const elsewhere: Attempt = { ...firstAttempt, redirect: 'withoutCredential' };

describe('a redirect of an API call', () => {
  it.each([301, 302, 303, 307, 308])('of %i is refused, and nothing goes to the other origin', async (status) => {
    const { first, second, http } = await redirecting(status, '/api/v1/x?signature=s3cret');
    const answers = [
      ['/api/v1/unload_model', leftOf(await http.call(unloadModel, unload, firstAttempt)())],
      ['/api/v1/get_server_capabilities', leftOf(await http.call(getServerCapabilities, undefined, firstAttempt)())],
    ] as const;
    for (const [path, failure] of answers) {
      expect(failure).toMatchObject({
        error: {
          kind: 'http',
          status,
          message:
            `${path}: the server redirects to ${second.origin} (${status}), and neither requests nor credentials are sent on. ` +
            'If the API is served there and you trust it, set the baseUrl option or TINKER_BASE_URL to its address',
        },
        verdict: 'definite',
        mayBeTaken: false,
        body: '',
      });
      expect(inspect(failure, { depth: 10 })).not.toContain('s3cret');
    }
    expect([first.arrived.length, second.arrived.length]).toEqual([2, 0]);
  });

  it('within the same server names that server', async () => {
    const server = await listening((_, response) => response.writeHead(308, { location: '/prefix/api/v1/x' }).end());
    const failure = leftOf(await httpTo({ baseUrl: server.origin }).call(unloadModel, unload, firstAttempt)());
    expect(failure.error.message).toContain(`redirects to ${server.origin} (308)`);
    expect(server.arrived).toHaveLength(1);
  });

  it('to nowhere says so', async () => {
    const server = await listening((_, response) => response.writeHead(307, { location: 'http://[s3cret' }).end());
    const failure = leftOf(await httpTo({ baseUrl: server.origin }).call(auditLog, audit, elsewhere)());
    expect(failure.error.message).toContain('redirects to an address that is none (307)');
    expect(inspect(failure, { depth: 10 })).not.toContain('s3cret');
  });

  it('without a target is a refusal like any other', async () => {
    const server = await listening((_, response) => response.writeHead(304).end());
    const failure = leftOf(await httpTo({ baseUrl: server.origin }).call(getServerCapabilities, undefined, firstAttempt)());
    expect(failure).toMatchObject({ error: { kind: 'http', status: 304 }, verdict: 'definite' });
  });
});

describe('a redirect to a stored file', () => {
  it('is followed without any header of ours', async () => {
    const { second, http } = await redirecting(302, '/log?signature=s3cret', (_, response) => response.end('{"entries":[]}'));
    expect(rightOf(await http.call(auditLog, audit, { ...elsewhere, signal: new AbortController().signal })())).toEqual({ entries: [] });
    expect(Object.keys(second.arrived[0] ?? {}).filter((name) => /^(x-|cf-|cookie|authorization)/.test(name))).toEqual([]);
    expect(inspect(second.arrived)).not.toMatch(/tml-|cf-secret/);
  });

  it('tells nothing of what a refusal there says', async () => {
    const { http } = await redirecting(302, '/log?signature=s3cret', (_, response) => response.writeHead(403).end('<Error>signature=s3cret</Error>'));
    const failure = leftOf(await http.call(auditLog, audit, elsewhere)());
    expect(failure.error.status).toBe(403);
    expect(inspect(failure, { depth: 10 })).not.toContain('s3cret');
  });

  it('is read as it is where there is no redirect', async () => {
    const server = await listening((_, response) => response.end('{"entries":[]}'));
    expect(rightOf(await httpTo({ baseUrl: server.origin }).call(auditLog, audit, elsewhere)())).toEqual({ entries: [] });
  });

  it('fails in passing when nobody is there', async () => {
    const gone = await listening((_, response) => response.end());
    const server = await listening((_, response) => response.writeHead(302, { location: `${gone.origin}/log?signature=s3cret` }).end());
    const [first] = servers.splice(0, 1);
    await new Promise((resolve) => first?.close(resolve));
    const failure = leftOf(await httpTo({ baseUrl: server.origin }).call(auditLog, audit, elsewhere)());
    expect(failure).toMatchObject({ error: { kind: 'connection' }, verdict: 'transient' });
    expect(inspect(failure, { depth: 10 })).not.toContain('s3cret');
  });
});
