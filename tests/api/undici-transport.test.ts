import { afterEach, describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { TransportRequest } from '../../src/api/transport.js';
import { UndiciTransport } from '../../src/api/undici-transport.js';

const servers: Server[] = [];
const transports: UndiciTransport[] = [];
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Arrived {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** A real server, what reached it, and a transport to ask it with. */
async function open(answer: RequestListener) {
  const arrived: Arrived[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      sockets.add(request.socket);
      arrived.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts) });
      answer(request, response);
    });
  });
  servers.push(server);
  let connections = 0;
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const transport = new UndiciTransport();
  transports.push(transport);
  const base: TransportRequest = { origin: `http://127.0.0.1:${address.port}`, path: '/a?b=1', method: 'POST', headers: { 'x-own': 'yes', ...transport.headers }, body: 'text', signal: undefined };
  return { arrived, accepted: () => connections, sockets, server, transport, send: (changes: Partial<TransportRequest> = {}) => transport.send({ ...base, ...changes }) };
}

const rejected = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'resolved', (reason: unknown) => reason);

describe('a request over our own connections', () => {
  it('arrives as it was given, and is answered with status, headers and bytes', async () => {
    const { arrived, send } = await open((_, response) => response.writeHead(418, { 'X-Two': ['a', 'b'], 'content-type': 'text/plain' }).end('tea'));
    const reply = await send();
    expect(arrived).toMatchObject([{ method: 'POST', url: '/a?b=1', headers: { 'x-own': 'yes', 'content-length': '4' }, body: Buffer.from('text') }]);
    expect([reply.status, reply.headers.get('x-two'), reply.headers.get('content-type'), reply.headers.get('none')]).toEqual([418, 'a, b', 'text/plain', null]);
    expect([Buffer.from(reply.bytes).toString(), reply.downloadMs >= 0]).toEqual(['tea', true]);
  });

  it('carries bytes, or nothing', async () => {
    const { arrived, send } = await open((_, response) => response.end());
    expect((await send({ body: Uint8Array.of(0, 255, 10) })).bytes).toEqual(Buffer.alloc(0));
    await send({ body: undefined, method: 'GET' });
    expect(arrived.map(({ method, body }) => [method, [...body]])).toEqual([['POST', [0, 255, 10]], ['GET', []]]);
  });

  it('goes over connections that are there already, and over several at once', async () => {
    const { sockets, send } = await open((_, response) => response.end('x'));
    for (let i = 0; i < 10; i += 1) await send();
    // One that has just been answered rests for a moment; the other one takes its turn.
    expect(sockets.size).toBe(2);
    await Promise.all([send(), send(), send(), send(), send()]);
    expect(sockets.size).toBeGreaterThanOrEqual(5);
    expect(sockets.size).toBeLessThanOrEqual(7);
  });

  it('follows no redirect', async () => {
    const { arrived, send } = await open((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    const reply = await send();
    expect([reply.status, reply.headers.get('location'), arrived.length]).toEqual([307, '/elsewhere', 1]);
  });

  it.each([
    ['with a length', true],
    ['without one', false],
  ])('is answered with many parts %s', async (_, hasLength) => {
    const whole = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const { send } = await open((_, response) => {
      if (hasLength) response.setHeader('content-length', whole.length);
      for (let at = 0; at < whole.length; at += 100_000) response.write(whole.subarray(at, at + 100_000));
      response.end();
    });
    expect(Buffer.compare((await send()).bytes, whole)).toBe(0);
  });

  it.each([
    ['gzip', gzipSync('text')],
    ['x-gzip', gzipSync('text')],
    ['deflate', deflateSync('text')],
    ['br', brotliCompressSync('text')],
    ['identity', Buffer.from('text')],
    ['deflate, GZIP', gzipSync(deflateSync('text'))],
    ['', Buffer.from('text')],
  ])('offers compression, and undoes %p', async (encoding, content) => {
    const { arrived, send } = await open((_, response) => response.setHeader('content-encoding', encoding).end(content));
    expect(Buffer.from((await send()).bytes).toString()).toBe('text');
    expect(arrived[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('takes an empty answer for one whatever its compression', async () => {
    const { send } = await open((_, response) => response.setHeader('content-encoding', 'gzip').end());
    expect((await send()).bytes).toHaveLength(0);
  });

  it.each([
    ['in a way that was not offered', 'compress', /compressed as compress, which was not asked for/],
    ['with damage', 'gzip', /incorrect header check/],
  ])('fails where the answer is compressed %s', async (_, encoding, message) => {
    const { send } = await open((_, response) => response.setHeader('content-encoding', encoding).end('text'));
    expect(await rejected(send())).toMatchObject({ message: expect.stringMatching(message) });
  });
});

describe('a request that ends early', () => {
  it('rejects where nobody listens', async () => {
    const { server, send } = await open(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(await rejected(send())).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    ['before the answer', (socket: { destroy: () => void }) => socket.destroy()],
    [
      'in the middle of it',
      (socket: { write: (text: string, then: () => void) => void; destroy: () => void }) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy()),
    ],
  ])('rejects when the connection breaks %s, and is not repeated', async (_, end) => {
    const { arrived, send } = await open((request) => end(request.socket));
    expect(await rejected(send({ method: 'GET', body: undefined }))).toMatchObject({ code: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) });
    expect(arrived).toHaveLength(1);
  });

  it('rejects with the reason of its signal while it waits, and ends the connection', async () => {
    const giveUp = new AbortController();
    const reason = new Error('given up');
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const { send } = await open((request) => {
      request.socket.on('close', closed);
      giveUp.abort(reason);
    });
    expect(await rejected(send({ signal: giveUp.signal }))).toBe(reason);
    await gone;
  });

  it('is not sent with a signal that has ended, and not when it ends while connecting', async () => {
    const { arrived, accepted, send } = await open((_, response) => response.end('x'));
    expect(await rejected(send({ signal: AbortSignal.abort('before') }))).toBe('before');
    const giveUp = new AbortController();
    // The first request loads what sends it; this one waits for its connection only.
    await send();
    const both = [send(), rejected(send({ signal: giveUp.signal, body: 'second' }))];
    giveUp.abort('no error');
    expect(await both[1]).toBe('no error');
    await both[0];
    // Both connections are there now: what was to go over the second would have gone, before this.
    while (accepted() < 2) await new Promise((resolve) => setImmediate(resolve));
    await send({ body: 'third' });
    expect(arrived.map(({ body }) => body.toString())).toEqual(['text', 'text', 'third']);
  });

  it('leaves no listener on its signal', async () => {
    const { send } = await open((_, response) => response.end('x'));
    const { signal } = new AbortController();
    await send({ signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects when the transport is closed, and so does every later one', async () => {
    const { transport, send } = await open(() => void transport.close());
    expect(await rejected(send())).toMatchObject({ code: 'UND_ERR_DESTROYED' });
    expect(await rejected(send())).toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });

  it('rejects as well when the transport was closed before its first request', async () => {
    const { arrived, transport, send } = await open((_, response) => response.end('x'));
    await transport.close();
    expect(await rejected(send())).toMatchObject({ code: 'UND_ERR_DESTROYED' });
    expect(arrived).toEqual([]);
  });
});
