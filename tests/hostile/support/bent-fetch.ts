import fc from 'fast-check';
import { fragments } from './fragments.js';
import { mutatedBytes, mutatedJson } from './mutations.js';
import type { Recorded } from './recorded-answers.js';

/** What is done to the answers of one endpoint. */
export interface Bend {
  readonly endpoint: string;
  /** Which of its answers is the first one, counted from 0, and how many. */
  readonly from: number;
  readonly count: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: the answer's own. */
  readonly body: Buffer | undefined;
}

const statuses = [200, 200, 200, 200, 200, 201, 204, 206, 299, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429, 500, 501, 502, 503, 504, 529, 599];

const headers = fc.dictionary(
  fc.constantFrom('content-type', 'retry-after', 'retry-after-ms', 'x-should-retry', 'location', 'content-encoding', 'content-length', 'date', 'x-request-id'),
  fc.constantFrom(
    'application/json', 'application/x-protobuf', 'text/html', 'application/x-protobuf; x=y', '', '0', '-1', '1e308', 'NaN', '99999999999999', 'true', 'false', 'gzip', 'zstd',
    '/api/v1/create_session', 'http://127.0.0.1:1/', 'http://[::1', 'data:application/json,{}', 'file:///etc/passwd', 'javascript:1', '//evil.test', 'Mon, 99 Foo 20260 99:99:99 GMT', 'x'.repeat(3000),
  ),
  { maxKeys: 3 },
);

/** Answers of these endpoints, changed: what was recorded there, what was recorded elsewhere, or what nobody would answer. */
export function bends(endpoints: readonly string[], recorded: readonly Recorded[]): fc.Arbitrary<Bend> {
  const texts = recorded.filter(({ contentType }) => contentType.includes('json')).map(({ bytes }) => bytes.toString());
  const binaries = recorded.map(({ bytes }) => bytes);
  const body = fc.oneof(mutatedJson(texts), mutatedBytes(binaries), fc.constantFrom(...binaries), fc.constantFrom(...fragments).map((text) => Buffer.from(text)), fc.constant(undefined));
  return fc.record({
    endpoint: fc.constantFrom(...endpoints),
    from: fc.constantFrom(0, 0, 0, 1, 2),
    count: fc.constantFrom(1, 1, 2, 1_000_000),
    status: fc.constantFrom(...statuses),
    headers,
    body,
  });
}

const bodiless = new Set([204, 205, 304]);

/** A fetch whose answers from an endpoint are bent. */
export function bentFetch(fetch: typeof globalThis.fetch, all: readonly Bend[]): typeof globalThis.fetch {
  const seen = new Map<string, number>();
  return async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname.replace('/api/v1/', '');
    const answer = await fetch(input, init);
    const bend = all.find(({ endpoint }) => path === endpoint || path.startsWith(`${endpoint}/`));
    if (bend === undefined) return answer;
    const count = seen.get(bend.endpoint) ?? 0;
    seen.set(bend.endpoint, count + 1);
    if (count < bend.from || count >= bend.from + bend.count) return answer;
    const bytes = bend.body ?? Buffer.from(await answer.arrayBuffer());
    const given = { 'content-type': answer.headers.get('content-type') ?? '', ...bend.headers };
    return new Response(bodiless.has(bend.status) ? null : new Uint8Array(bytes), { status: bend.status, headers: given });
  };
}
