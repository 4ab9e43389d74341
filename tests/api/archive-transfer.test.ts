import { describe, expect, it } from '@jest/globals';
import { brokenOff, openTransfer, type FileFacts, type TransferStart } from '../../src/api/archive-transfer.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';

const url = 'https://store.test/archive?signature=secret-signature';
const unknown: FileFacts = { totalBytes: undefined, etag: undefined };
const known: FileFacts = { totalBytes: 5, etag: '"v1"' };
const { signal } = new AbortController();

async function open(response: Response, start: Partial<TransferStart> = {}) {
  const sent: Request[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    sent.push(new Request(input, init));
    return Promise.resolve(response);
  };
  const opened = await openTransfer(fetch, url, { offset: 0, facts: unknown, signal, ...start })();
  return { opened, headers: Object.fromEntries(sent[0]?.headers ?? []) };
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe('openTransfer', () => {
  it('asks for the file as it is, with nothing of ours', async () => {
    const { opened, headers } = await open(new Response('hello', { headers: { 'content-length': '5', etag: '"v1"' } }));
    expect(headers).toEqual({ accept: '*/*', 'accept-encoding': 'identity' });
    const { offset, facts, chunks } = rightOf(opened);
    expect([offset, facts, await textOf(chunks)]).toEqual([0, known, 'hello']);
  });

  it('goes on where it was, if the file is still the same', async () => {
    const answer = new Response('lo', { status: 206, headers: { 'content-range': 'bytes 3-4/5', etag: '"v1"' } });
    const { opened, headers } = await open(answer, { offset: 3, facts: known });
    expect(headers).toEqual({ accept: '*/*', 'accept-encoding': 'identity', range: 'bytes=3-', 'if-range': '"v1"' });
    const { offset, facts, chunks } = rightOf(opened);
    expect([offset, facts, await textOf(chunks)]).toEqual([3, known, 'lo']);
  });

  it('goes on with a file of which little is known', async () => {
    const { opened, headers } = await open(new Response('lo', { status: 206, headers: { 'content-range': 'bytes 3-4/*' } }), { offset: 3 });
    expect(headers['if-range']).toBeUndefined();
    expect(rightOf(opened)).toMatchObject({ offset: 3, facts: unknown });
  });

  it('keeps what it knows where a part says less', async () => {
    const { opened } = await open(new Response('lo', { status: 206, headers: { 'content-range': 'bytes 3-4/*' } }), { offset: 3, facts: known });
    expect(rightOf(opened).facts).toEqual(known);
  });

  it('begins anew when the whole file comes', async () => {
    const { opened } = await open(new Response('other'), { offset: 3, facts: known });
    expect(rightOf(opened)).toMatchObject({ offset: 0, facts: unknown });
  });

  it('takes no size from an encoded answer, nor a tag that is not of the very bytes', async () => {
    const encoded = await open(new Response('x', { headers: { 'content-length': '9', 'content-encoding': 'gzip', etag: '"v1"' } }));
    expect(rightOf(encoded.opened)).toMatchObject({ facts: unknown, isResumable: false });
    const weak = await open(new Response('x', { headers: { 'content-encoding': 'identity', etag: 'W/"v1"' } }));
    expect(rightOf(weak.opened)).toMatchObject({ facts: unknown, isResumable: true });
  });

  it('reads an answer without a body as an empty file', async () => {
    expect(await textOf(rightOf((await open(new Response(null))).opened).chunks)).toBe('');
  });

  it.each([
    ['another place', 'bytes 2-4/5', '"v1"'],
    ['another size', 'bytes 3-5/6', '"v1"'],
    ['another file', 'bytes 3-4/5', '"v2"'],
  ])('finds a part of %s stale', async (_, range, etag) => {
    const { opened } = await open(new Response('lo', { status: 206, headers: { 'content-range': range, etag } }), { offset: 3, facts: known });
    expect(leftOf(opened)).toMatchObject({ kind: 'stale', error: { kind: 'http', status: 206 } });
  });

  it('does not take a part of an encoded file, whose places are others', async () => {
    const headers = { 'content-range': 'bytes 3-4/5', 'content-encoding': 'gzip' };
    expect(leftOf((await open(new Response('lo', { status: 206, headers }), { offset: 3, facts: known })).opened).kind).toBe('stale');
  });

  it('finds a part of no place stale', async () => {
    const { opened } = await open(new Response('lo', { status: 206 }), { offset: 3, facts: known });
    expect(leftOf(opened).kind).toBe('stale');
  });

  it.each([
    [400, 'expired'],
    [401, 'expired'],
    [403, 'expired'],
    [410, 'expired'],
    [416, 'stale'],
    [408, 'transient'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
    [404, 'definite'],
    [204, 'definite'],
  ])('finds a %i %s, and repeats nothing of it', async (status, kind) => {
    const body = status === 204 ? null : 'SignatureDoesNotMatch secret-signature';
    const failure = leftOf((await open(new Response(body, { status, headers: { 'retry-after': '7' } }))).opened);
    expect(failure).toMatchObject({ kind, retryAfterMs: 7000 });
    expect(factsOf(failure.error)).toEqual({
      kind: 'http',
      message: `Downloading the archive failed: the server that stores it answered ${status}`,
      status,
      retriable: kind === 'transient',
    });
  });

  it('finds a broken connection transient, without the address in its error', async () => {
    const failing = () => Promise.reject(Object.assign(new TypeError(`fetch failed: ${url}`), { cause: { code: 'ECONNRESET' } }));
    const failure = leftOf(await openTransfer(failing, url, { offset: 0, facts: unknown, signal })());
    expect(failure).toMatchObject({ kind: 'transient', retryAfterMs: undefined });
    expect(factsOf(failure.error)).toEqual({
      kind: 'connection',
      message: 'Downloading the archive failed (ECONNRESET). Is the server that stores it reachable?',
      retriable: true,
    });
    expect(failure.error.cause).toBeUndefined();
  });
});

describe('brokenOff', () => {
  it('needs no code', () => {
    expect(brokenOff(new Error(url)).error.message).toBe('Downloading the archive failed (the connection broke). Is the server that stores it reachable?');
  });
});
