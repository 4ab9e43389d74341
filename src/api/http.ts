import ky from 'ky';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { AttemptFailure, EncodedBody } from '../types/attempt.js';
import { decode } from '../types/decode.js';
import { TinkerError } from '../types/errors.js';
import { protobufType } from '../wire/pass-proto.js';
import type { CredentialSource } from './credential-source.js';
import { fromMalformed, fromReply, fromThrown, parseJson } from './failure.js';
import { fetchElsewhere, fromRedirect, redirectOf } from './redirect.js';
import type { Route } from './route.js';
import { targetOf } from './route-target.js';
import { writeJsonLossless } from '../wire/json-bigint.js';

/** Where requests go, and what every one of them carries. */
export interface HttpSettings {
  /** Without a trailing slash; may hold a path. */
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

/** What one attempt adds to a request. */
export interface Attempt {
  /** Counted from 0. */
  readonly retryCount: number;
  /** The same for every attempt of one request (wire protocol §1.9). */
  readonly idempotencyKey: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * What becomes of a redirect: `handBack` makes it the reply, `withoutCredential` asks where it points
   * without any header of ours. A failure when absent: our credential is not for others.
   */
  readonly redirect?: 'handBack' | 'withoutCredential' | undefined;
}

/** An answer of 2xx, or a redirect that was asked to be handed back. */
export interface Reply {
  readonly status: number;
  /** The answer as text; empty when it is protobuf. */
  readonly body: string;
  /** The answer when it is protobuf. */
  readonly protobuf?: Uint8Array | undefined;
  readonly headers?: Headers | undefined;
  /** Milliseconds from the first bytes of the answer to its last. */
  readonly downloadMs: number;
}

/** Sends single attempts; retrying is the machines' business. */
export interface Http {
  /** Sends a body that is already encoded and hands back the raw answer. */
  readonly send: (route: AnyRoute, body: EncodedBody | undefined, attempt: Attempt) => TaskEither<AttemptFailure, Reply>;
  /** Encodes a request, sends it once and decodes the answer. */
  readonly call: <I, O>(route: Route<I, O>, input: I, attempt: Attempt) => TaskEither<AttemptFailure, O>;
}

type AnyRoute = Pick<Route<never, unknown>, 'method' | 'path' | 'timeoutMs'>;

/** Binds the settings of one service to the transport. */
export function createHttp(settings: HttpSettings): Http {
  const { current, renewed, secrets } = settings.credentials;
  const server = `the server at ${new URL(settings.baseUrl).origin}`;
  // Statuses are read and retries decided by our own tables, so that there is exactly one retry
  // layer; deadlines belong to the machines, whose clock tests can drive.
  const client = ky.create({ retry: 0, timeout: false, throwHttpErrors: false, fetch: settings.fetch });

  const sendWith = async (
    credential: string,
    ...[route, body, attempt]: Parameters<Http['send']>
  ): Promise<E.Either<AttemptFailure, Reply>> => {
    try {
      // Given up while the credential was renewed.
      attempt.signal?.throwIfAborted();
      const url = `${settings.baseUrl}${route.path}`;
      const first = await client(url, {
        method: route.method,
        headers: headersFor(settings.headers, credential, route, body, attempt),
        ...(body === undefined ? {} : { body: body.content }),
        ...(attempt.signal === undefined ? {} : { signal: attempt.signal }),
        redirect: 'manual',
      });
      const location = redirectOf(first);
      const follows = location !== undefined && attempt.redirect === 'withoutCredential' && URL.canParse(location, url);
      if (location !== undefined && !follows && attempt.redirect !== 'handBack') {
        await first.body?.cancel();
        return E.left(fromRedirect(location, first.status, route.path, url));
      }
      const response = follows ? await fetchElsewhere(settings.fetch, location, url, attempt.signal) : first;
      const answeredAt = performance.now();
      const protobuf = isProtobuf(response) ? new Uint8Array(await response.arrayBuffer()) : undefined;
      const text = protobuf === undefined ? await response.text() : '';
      if (!response.ok && redirectOf(response) === undefined) {
        const body = secrets.hide(text);
        return E.left(fromReply({ status: response.status, headers: response.headers, body }, route.path));
      }
      return E.right({ status: response.status, body: text, protobuf, headers: response.headers, downloadMs: performance.now() - answeredAt });
    } catch (thrown) {
      return E.left(fromThrown(secrets.hideIn(thrown), route.path, server));
    }
  };

  const send: Http['send'] = (...request) => async () => {
    const credential = await current();
    if (E.isLeft(credential)) return credential;
    const sent = await sendWith(credential.right, ...request);
    if (E.isRight(sent) || sent.left.error.status !== 401) return sent;
    // A token may end on the way; what was refused for it was not looked at.
    const fresh = await renewed(credential.right, sent.left);
    return E.isLeft(fresh) ? fresh : sendWith(fresh.right, ...request);
  };

  const call: Http['call'] = (route, input, attempt) => async () => {
    const { path, body } = targetOf(route, input);
    const reply = await send({ ...route, path }, body === undefined ? undefined : toJson(body), attempt)();
    if (E.isLeft(reply)) return reply;
    return readJson(route, reply.right);
  };
  return { send, call };
}

/** Decodes an answer by its route. An empty body reads as an empty object: some calls answer nothing. */
export function readJson<I, O>(route: Route<I, O>, reply: Reply): E.Either<AttemptFailure, O> {
  const parsed = reply.body === '' ? {} : parseJson(reply.body);
  // An endpoint that answers nothing takes what is not JSON, too.
  const decoded = decode(route.response, parsed);
  if (E.isRight(decoded)) return decoded;
  const error =
    parsed === undefined ? new TinkerError('malformedResponse', "The server's answer is not JSON", { status: reply.status }) : decoded.left;
  return E.left(fromMalformed(error, route.path));
}

/** A message as a compact JSON body. */
export function toJson(wire: unknown): EncodedBody {
  return { content: writeJsonLossless(wire), contentType: 'application/json' };
}

function isProtobuf({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith(protobufType) === true;
}

function headersFor(
  common: HttpSettings['headers'],
  credential: string,
  route: AnyRoute,
  body: EncodedBody | undefined,
  attempt: Attempt,
): Headers {
  const all = {
    Accept: 'application/json',
    ...(body === undefined ? {} : { 'Content-Type': body.contentType }),
    ...(body?.contentEncoding === undefined ? {} : { 'Content-Encoding': body.contentEncoding }),
    ...(route.method === 'GET' ? {} : { 'X-Idempotency-Key': attempt.idempotencyKey }),
    'x-stainless-retry-count': String(attempt.retryCount),
    'x-stainless-read-timeout': String(route.timeoutMs / 1000),
  };
  const headers = new Headers(all);
  // Set one by one: names that differ in case only are one header, and its last value counts.
  for (const [name, value] of Object.entries({ ...common, ...attempt.headers })) headers.set(name, value);
  headers.set('X-API-Key', credential);
  return headers;
}
