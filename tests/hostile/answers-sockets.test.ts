import { afterEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fixedCredential } from '../../src/api/credential-source.js';
import { createHttp, type Http } from '../../src/api/http.js';
import { getServerCapabilities } from '../../src/api/service.js';
import { UndiciTransport } from '../../src/api/undici-transport.js';
import { TinkerError } from '../../src/types/errors.js';
import { archiveHost, signed } from '../support/archive-host.js';
import { rejection } from '../support/clients.js';
import { firstAttempt } from '../support/exchange.js';
import { temporaryFolder } from '../support/temporary.js';
import { cases } from './support/budget.js';
import { mutatedBytes } from './support/mutations.js';
import { rawServer } from './support/raw-socket.js';

const transports: UndiciTransport[] = [];
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close();
});

function httpTo(baseUrl: string): Http {
  const transport = new UndiciTransport();
  transports.push(transport);
  return createHttp({ baseUrl, credentials: fixedCredential('tml-secret-key'), headers: {}, fetch: globalThis.fetch, transport });
}

/** What becomes of one answer: models, or an error of ours. */
async function asked(http: Http): Promise<string> {
  const answer = await http.call(getServerCapabilities, undefined, firstAttempt)();
  if (E.isRight(answer)) return 'answered';
  if (!(answer.left.error instanceof TinkerError)) throw new Error('no error of ours', { cause: answer.left });
  return answer.left.error.kind;
}

const body = '{"supported_models":[{"model_name":"base","max_context_length":8}]}';
const whole = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nDate: Mon, 05 Jan 2026 08:30:00 GMT\r\n\r\n${body}`;
const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Trailer: y\r\n\r\n`;
const refused = 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 15\r\n\r\n{"detail":"no"}';

describe('bytes that are hardly an answer', () => {
  it('become an answer or an error of ours', async () => {
    let next: Uint8Array = new Uint8Array(0);
    const http = httpTo(await rawServer((socket) => socket.end(next)));
    const kinds = new Set<string>();
    for (const bytes of cases(mutatedBytes([whole, chunked, refused].map((text) => Buffer.from(text))), 80)) {
      next = bytes;
      kinds.add(await asked(http));
    }
    expect([...kinds].filter((kind) => !['answered', 'connection', 'http', 'malformedResponse', 'billing'].includes(kind))).toEqual([]);
    expect(kinds.size).toBeGreaterThan(2);
    next = Buffer.from(whole);
    expect(await asked(http)).toBe('answered');
  });

  const ended = (text: string) => (socket: Socket) => socket.end(text, 'latin1');
  it.each<readonly [string, (socket: Socket) => unknown, string]>([
    ['nothing', ended(''), 'connection'],
    ['no status line', ended('hello\r\n\r\n'), 'connection'],
    ['another protocol', ended('SSH-2.0-OpenSSH_9\r\n'), 'connection'],
    ['a status of four digits', ended('HTTP/1.1 2000 OK\r\n\r\n'), 'connection'],
    ['a status of nothing', ended('HTTP/1.1 \r\n\r\n'), 'connection'],
    ['a header of a megabyte', ended(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(1_000_000)}\r\n\r\n`), 'connection'],
    ['100,000 headers', ended(`HTTP/1.1 200 OK\r\n${'ab: cd\r\n'.repeat(100_000)}\r\n`), 'connection'],
    ['a body that is shorter than it says', ended('HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n{}'), 'connection'],
    ['a length of a petabyte', ended('HTTP/1.1 200 OK\r\nContent-Length: 1125899906842624\r\n\r\n{}'), 'connection'],
    ['two lengths', ended('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'), 'connection'],
    ['a chunk of a petabyte', ended('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000000000000\r\n{}'), 'connection'],
    ['a chunk of no size', ended('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}'), 'connection'],
    ['a protocol that was not asked for', ended('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'), 'connection'],
    ['an encoding that was not asked for', ended('HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{}'), 'connection'],
    ['protobuf where JSON belongs', ended('HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2\r\n\r\n{}'), 'malformedResponse'],
    ['text that is no UTF-8', ended('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe\xc0\x80'), 'malformedResponse'],
    ['a page', ended('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>'), 'malformedResponse'],
    ['a redirect to itself', ended('HTTP/1.1 302 Found\r\nLocation: /api/v1/get_server_capabilities\r\nContent-Length: 0\r\n\r\n'), 'http'],
    ['a redirect to nowhere', ended('HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n'), 'http'],
    ['a reset', (socket) => socket.resetAndDestroy(), 'connection'],
    ['what nobody asked for, behind an answer', ended(`${whole}${whole}${whole}`), 'answered'],
    ['early hints a thousand times', ended(`${'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n'.repeat(1000)}${whole}`), 'answered'],
  ])('%s', async (_, answer, kind) => {
    let count = 0;
    const http = httpTo(await rawServer((socket) => {
      count += 1;
      if (count === 1) answer(socket);
      else socket.end(whole);
    }));
    expect(await asked(http)).toBe(kind);
    expect(await asked(http)).toBe('answered');
  });

  it('never end, and are not read for ever', async () => {
    const http = httpTo(await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const part = 'X-More: 0123456789\r\n'.repeat(100);
      const write = (): void => {
        if (socket.writable) socket.write(part, () => setImmediate(write));
      };
      write();
    }));
    expect(await asked(http)).toBe('connection');
  });
});

describe('a store of archives that sends its guests round in circles', () => {
  it('is given up', async () => {
    const host = await archiveHost();
    const round = (_: unknown, response: ServerResponse) => response.writeHead(302, { location: `${host.origin}/store/again` }).end();
    host.signs(...Array.from({ length: 20 }, () => signed()));
    host.stores(...Array.from({ length: 1000 }, () => round));
    const folder = await temporaryFolder();
    const error = await rejection(host.rest.downloadCheckpoint('tinker://run:train:0/weights/a', `${folder}/a`));
    expect(error).toMatchObject({ kind: 'connection', message: expect.stringContaining('Downloading the archive failed') });
    expect(String(error)).not.toContain('secret-signature');
  });
});
