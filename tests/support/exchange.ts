import { expect } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import nock from 'nock';
import { fixedCredential } from '../../src/api/credential-source.js';
import { fetchTransport } from '../../src/api/fetch-transport.js';
import { createHttp, type Attempt, type Http, type HttpSettings } from '../../src/api/http.js';
import type { Route } from '../../src/api/route.js';

export const apiKey = 'tml-exchange-key';
export const origin = 'http://tinker.test';

/** The transport against a server that nock plays. */
export function httpTo(settings: Partial<HttpSettings> = {}): Http {
  const { fetch = globalThis.fetch } = settings;
  return createHttp({ baseUrl: origin, credentials: fixedCredential(apiKey), headers: {}, fetch, transport: fetchTransport(fetch), ...settings });
}

/** A first attempt. */
export const firstAttempt: Attempt = { retryCount: 0, idempotencyKey: 'key-1' };

/** A request as it went out. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body, byte for byte. */
  readonly text: string;
}

const Requested = t.type({ method: t.string, path: t.string, headers: t.UnknownRecord });

/** Keeps what goes out over a scope. */
export function recorded(scope: nock.Scope): readonly Outgoing[] {
  const sent: Outgoing[] = [];
  scope.on('request', (request: unknown, _: unknown, text: string) => {
    if (!Requested.is(request)) throw new TypeError('nock tells of a request without method, path or headers');
    const { method, path, headers } = request;
    sent.push({ method, path, headers, text });
  });
  return sent;
}

/** The route sends exactly this body to its path, and reads exactly this out of the answer. */
export async function assertExchange<I, O>(
  route: Route<I, O>,
  input: NoInfer<I>,
  expected: { readonly sent: string; readonly answer: nock.Body; readonly read: NoInfer<O> },
): Promise<void> {
  const scope = nock(origin).intercept(route.path, route.method).reply(200, expected.answer);
  const sent = recorded(scope);
  const answer = await httpTo().call(route, input, firstAttempt)();
  expect(answer).toStrictEqual(E.right(expected.read));
  expect(sent.map(({ method, path, text }) => ({ method, path, text }))).toEqual([
    { method: route.method, path: route.path, text: expected.sent === '' ? '' : JSON.stringify(JSON.parse(expected.sent)) },
  ]);
  expect(sent[0]?.headers['x-stainless-read-timeout']).toBe(String(route.timeoutMs / 1000));
  expect(nock.isDone()).toBe(true);
}
