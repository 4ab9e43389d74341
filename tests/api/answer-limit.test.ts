import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { mostAnswerBytes, mostResultBytes } from '../../src/api/answer-limit.js';
import { fixedCredential } from '../../src/api/credential-source.js';
import { fetchTransport } from '../../src/api/fetch-transport.js';
import { createHttp } from '../../src/api/http.js';
import { getServerCapabilities } from '../../src/api/service.js';
import { retrieveFuture } from '../../src/api/futures.js';
import { readWhole, type Transport, type TransportReply } from '../../src/api/transport.js';
import { UndiciTransport } from '../../src/api/undici-transport.js';
import { apiKey, firstAttempt, origin } from '../support/exchange.js';
import { factsOf, leftOf } from '../support/codec.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listening(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return `http://127.0.0.1:${address.port}`;
}

const most = 1000;

const transports: readonly (readonly [string, () => Transport])[] = [
  ['our own connections', () => new UndiciTransport()],
  ['a fetch', () => fetchTransport(globalThis.fetch)],
];

async function ask(transport: Transport, at: string): Promise<TransportReply> {
  closing.push(() => transport.close());
  return transport.send({ origin: at, path: '/', method: 'GET', headers: { ...transport.headers }, body: undefined, signal: undefined, mostBytes: most });
}

const refusal = { kind: 'malformedResponse', message: "The server's answer is longer than the 1000 bytes that it may have, and was not read further", retriable: false };
const failure = (asking: Promise<TransportReply>) => asking.then(() => 'an answer', (thrown: unknown) => thrown);

describe.each(transports)('an answer over %s', (_, transport) => {
  it('is taken up to its limit', async () => {
    const at = await listening((__, response) => response.end(Buffer.alloc(most)));
    expect((await ask(transport(), at)).bytes).toHaveLength(most);
  });

  it('without an end is not read further than its limit', async () => {
    let gone: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (gone = resolve));
    const at = await listening((__, response) => {
      const part = Buffer.alloc(600);
      const write = (): void => {
        if (response.writable) response.write(part, () => setImmediate(write));
      };
      response.on('close', gone);
      write();
    });
    expect(await failure(ask(transport(), at))).toMatchObject(refusal);
    await left;
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(100_000))],
    ['deflate', deflateSync(Buffer.alloc(100_000))],
    ['br', brotliCompressSync(Buffer.alloc(100_000))],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(100_000)))],
  ])('that unpacks to more is refused: %s', async (encoding, bytes) => {
    expect(bytes.length).toBeLessThan(most);
    const at = await listening((__, response) => response.setHeader('content-encoding', encoding).end(bytes));
    expect(await failure(ask(transport(), at))).toMatchObject(refusal);
  });
});

describe('an answer that is compressed again and again', () => {
  it('is refused, however small it is', async () => {
    const at = await listening((_, response) => response.setHeader('content-encoding', 'gzip, br, br, br').end('x'));
    expect(await failure(ask(new UndiciTransport(), at))).toMatchObject({ message: 'the answer is compressed 4 times over' });
  });
});

describe('the limit of an answer', () => {
  it('is that of a result where one is asked for, and smaller for all else', async () => {
    const limits: unknown[] = [];
    const transport: Transport = {
      headers: {},
      send: async ({ mostBytes }) => {
        limits.push(mostBytes);
        return await readWhole(new Response('{"supported_models":[]}'), 5);
      },
      close: () => Promise.resolve(),
    };
    const http = createHttp({ baseUrl: origin, credentials: fixedCredential(apiKey), headers: {}, fetch: globalThis.fetch, transport });
    const failed = leftOf(await http.call(getServerCapabilities, undefined, firstAttempt)());
    await http.send(retrieveFuture, undefined, firstAttempt)();
    expect(limits).toEqual([mostAnswerBytes, mostResultBytes]);
    expect(factsOf(failed.error)).toEqual({
      kind: 'malformedResponse',
      message: "/api/v1/get_server_capabilities: The server's answer is longer than the 5 bytes that it may have, and was not read further",
      retriable: false,
    });
    expect([failed.verdict, failed.mayBeTaken]).toEqual(['transient', true]);
  });

  it('does not keep an answer without a body from being one', async () => {
    expect((await readWhole(new Response(null, { status: 204 }))).bytes).toHaveLength(0);
  });
});
