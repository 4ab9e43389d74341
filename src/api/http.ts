import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { AttemptFailure, EncodedBody } from '../types/attempt.js';
import { decode } from '../types/decode.js';
import { TinkerError } from '../types/errors.js';
import { protobufType } from '../wire/pass-proto.js';
import type { CredentialSource } from './credential-source.js';
import { mostAnswerBytes, mostResultBytes } from './answer-limit.js';
import { fromMalformed, fromReply, fromThrown, parseJson } from './failure.js';
import { retrieveFuture } from './futures.js';
import { fetchElsewhere, fromRedirect, redirectOf } from './redirect.js';
import type { Route } from './route.js';
import type { Secrets } from './secrets.js';
import { targetOf } from './route-target.js';
import type { ReplyHeaders, Transport, TransportReply } from './transport.js';
import { writeJsonLossless } from '../wire/json-bigint.js';
import type { StopSignal } from '../types/stop.js';

/** Where requests go, and what every one of them carries. */
export interface HttpSettings {
  /** Without a trailing slash; may hold a path. */
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** For what lies elsewhere, and must not see the headers of ours. */
  readonly fetch: typeof globalThis.fetch;
}

/** What one attempt adds to a request. */
export interface Attempt {
  /** Counted from 0. */
  readonly retryCount: number;
  /** The same for every attempt of one request (wire protocol §1.9). */
  readonly idempotencyKey: string;
  /** Names in small letters. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: StopSignal | undefined;
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
  readonly headers?: ReplyHeaders | undefined;
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

/** Characters of a refusal that are read; only a few of them are shown. */
const mostRefusalText = 1_048_576;

type AnyRoute = Pick<Route<never, unknown>, 'method' | 'path' | 'timeoutMs'>;

/** Binds the settings of one service to the transport. */
export function createHttp(settings: HttpSettings): Http {
  const { current, renewed, secrets } = settings.credentials;
  const { origin, pathname } = new URL(settings.baseUrl);
  const server = `the server at ${origin}`;
  const below = pathname.replace(/\/$/, '');
  const common = { ...settings.transport.headers, ...inSmallLetters(settings.headers) };

  const sendWith = async (
    credential: string,
    ...[route, body, attempt]: Parameters<Http['send']>
  ): Promise<E.Either<AttemptFailure, Reply>> => {
    try {
      const { signal } = attempt;
      // Given up while the credential was renewed.
      signal?.throwIfAborted();
      const path = `${below}${route.path}`;
      const headers = headersFor(common, credential, route, body, attempt);
      const mostBytes = route.path === retrieveFuture.path ? mostResultBytes : mostAnswerBytes;
      const first = await settings.transport.send({ origin, path, method: route.method, headers, body: body?.content, signal, mostBytes });
      const location = redirectOf(first);
      if (location === undefined) return readReply(first, route.path, secrets);
      const url = `${origin}${path}`;
      if (attempt.redirect === 'withoutCredential' && URL.canParse(location, url)) {
        return readReply(await fetchElsewhere(settings.fetch, location, url, signal), route.path, secrets);
      }
      return attempt.redirect === 'handBack' ? E.right(replyOf(first)) : E.left(fromRedirect(location, first.status, route.path, url));
    } catch (thrown) {
      const shown = secrets.hideIn(thrown);
      const isTooLong = shown instanceof TinkerError && shown.kind === 'malformedResponse';
      return E.left(isTooLong ? fromMalformed(shown, route.path) : fromThrown(shown, route.path, server));
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
    return E.mapLeft((failure: AttemptFailure) => hiddenIn(secrets, failure))(readJson(route, reply.right));
  };
  return { send, call };
}

/** Decodes an answer by its route. An empty body reads as an empty object: some calls answer nothing. */
export function readJson<I, O>(route: Route<I, O>, reply: Reply): E.Either<AttemptFailure, O> {
  const isNothing = reply.body === '' && reply.protobuf === undefined;
  const parsed = isNothing ? {} : parseJson(reply.body);
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

function readReply(given: TransportReply, what: string, secrets: Secrets): E.Either<AttemptFailure, Reply> {
  const reply = replyOf(given);
  // A redirect that was asked for may point to another one: it is handed back as well.
  if ((reply.status >= 200 && reply.status < 300) || redirectOf(given) !== undefined) return E.right(reply);
  const failure = fromReply({ ...given, body: secrets.hide(reply.body.slice(0, mostRefusalText)) }, what);
  return E.left(hiddenIn(secrets, failure));
}

/** What was written in ways that only reading it undoes. */
function hiddenIn(secrets: Secrets, failure: AttemptFailure): AttemptFailure {
  const message = secrets.hide(failure.error.message);
  return message === failure.error.message ? failure : { ...failure, error: failure.error.with({}, message) };
}

function replyOf({ status, headers, bytes, downloadMs }: TransportReply): Reply {
  const isProtobuf = headers.get('content-type')?.startsWith(protobufType) === true;
  const body = isProtobuf ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return { status, body, protobuf: isProtobuf ? bytes : undefined, headers, downloadMs };
}

/** Names that differ in case only are one header, and its last value counts. */
function inSmallLetters(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function headersFor(
  common: HttpSettings['headers'],
  credential: string,
  route: AnyRoute,
  body: EncodedBody | undefined,
  attempt: Attempt,
): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'x-stainless-retry-count': String(attempt.retryCount),
    'x-stainless-read-timeout': String(route.timeoutMs / 1000),
  };
  if (route.method !== 'GET') headers['x-idempotency-key'] = attempt.idempotencyKey;
  if (body !== undefined) headers['content-type'] = body.contentType;
  if (body?.contentEncoding !== undefined) headers['content-encoding'] = body.contentEncoding;
  Object.assign(headers, common, attempt.headers);
  headers['x-api-key'] = credential;
  return headers;
}
