import fc from 'fast-check';
import { mutatedBytes, mutatedJson } from './mutations.js';
import { fragments } from './fragments.js';
import type { Sent } from './recorded-requests.js';

/** A request that nobody in good faith sends. */
export interface Hostile extends Sent {
  readonly headers: Readonly<Record<string, string>>;
}

/** Names and numbers that lead elsewhere, or nowhere, where ids are expected. */
export const hostileNames: readonly string[] = [
  '..', '.', '%2e%2e', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%5c..%5c', '%00', 'a%00b', '%252e%252e', '/etc/passwd', '%2fetc%2fpasswd', '%', '%zz', '%c0%ae%c0%ae',
  '%ff%fe', '%e2%80%ae', '%ed%a0%80', 'x'.repeat(3000), '~', '*', ':', 'a:train:0', '..:train:0', '.train.0', 'con', 'nul.json', '__proto__', 'constructor', '-1', '1e9',
  'NaN', '99999999999999999999', '%0d%0aset-cookie:x', '%3f', '%23', '%20', '{name}', '$HOME', 'weights', '%F0%9F%92%A5', 'checkpoints%2fx', 'api-key', '..%2fapi-key', '.%2e',
];

const headerNames = ['content-type', 'content-encoding', 'accept', 'range', 'if-range', 'x-api-key', 'host', 'content-length', 'x-idempotency-key', 'traceparent', 'origin', 'x-forwarded-host'];
const headerValues = [
  '', ' ', 'gzip', 'zstd', 'br', 'deflate', 'identity', 'GZIP ', 'gzip, gzip', 'x-gzip', 'compress', 'application/x-protobuf', 'application/json; charset=utf-16', 'text/plain', 'multipart/form-data; boundary=x',
  'application/octet-stream', '*/*;q=x', 'bytes=0-', 'bytes=-1', 'bytes=5-2', 'bytes=99999999999999999999-', '"x"', 'tml-', 'eyJhbGciOiJub25lIn0.e30.', 'eyJ.eyJ.eyJ', '0', '-1', '1e3', 'evil.test', '\u00e9', 'x'.repeat(4000),
];

const headers = fc.dictionary(fc.constantFrom(...headerNames), fc.constantFrom(...headerValues), { maxKeys: 2 });
const none = fc.constant<Record<string, string>>({});

/** Requests that were recorded, with one or more of body, path, query, method and headers changed. */
export function hostileRequests(recorded: readonly Sent[]): fc.Arbitrary<Hostile> {
  const withBody = recorded.filter(({ body }) => body !== undefined);
  const bodies = fc.constantFrom(...withBody).chain((sent) => {
    const bytes = sent.body ?? Buffer.alloc(0);
    const isJson = sent.contentType?.includes('json') === true;
    const body = isJson ? mutatedJson([bytes.toString()]) : mutatedBytes([bytes]);
    return fc.record({ body, headers: fc.oneof({ arbitrary: none, weight: 4 }, headers) }).map((changed): Hostile => ({ ...sent, ...changed }));
  });
  const targets = fc.constantFrom(...recorded).chain((sent) => hostileTarget(sent.target).map((target): Hostile => ({ ...sent, target, headers: {} })));
  const methods = fc
    .record({ sent: fc.constantFrom(...recorded), method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'), headers })
    .map(({ sent, method, headers: given }): Hostile => ({ ...sent, method, headers: given, body: method === 'GET' || method === 'HEAD' ? undefined : sent.body }));
  const shapes = fc
    .record({ sent: fc.constantFrom(...withBody), text: fc.constantFrom(...fragments) })
    .map(({ sent, text }): Hostile => ({ ...sent, contentType: 'application/json', body: Buffer.from(text), headers: {} }));
  return fc.oneof({ arbitrary: bodies, weight: 6 }, { arbitrary: targets, weight: 3 }, { arbitrary: methods, weight: 2 }, { arbitrary: shapes, weight: 1 });
}

function hostileTarget(target: string): fc.Arbitrary<string> {
  const [path = '', search = ''] = target.split('?');
  const segments = path.split('/');
  const asked = [...new URLSearchParams(search).keys(), 'limit', 'offset', 'access_scope', 'day', 'id', 'project_id', 'cursor', 'start_time', 'expires', 'signature'];
  const name = fc.constantFrom(...hostileNames);
  const inPath = fc.record({ index: fc.integer({ min: 3, max: Math.max(3, segments.length - 1) }), name }).map(({ index, name: by }) => {
    const changed = segments.map((segment, at) => (at === index ? by : segment)).join('/');
    return search === '' ? changed : `${changed}?${search}`;
  });
  const inQuery = fc.record({ key: fc.constantFrom(...asked), name }).map(({ key, name: by }) => `${path}?${key}=${by}&${search}`);
  return fc.oneof(inPath, inQuery);
}
