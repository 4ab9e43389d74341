import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { AttemptFailure } from '../types/attempt.js';
import type { CheckpointArchiveUrlResponse } from '../types/checkpoint-admin.js';
import { TinkerError } from '../types/errors.js';
import { fromMalformed } from './failure.js';
import { readJson, type Attempt, type Http, type Reply } from './http.js';
import type { Route } from './route.js';
import type { ReplyHeaders } from './transport.js';
import { targetOf } from './route-target.js';

/** Where an archive can be downloaded for a while. */
export interface SignedUrl {
  /** Whoever has it can download: never to be logged. */
  readonly url: string;
  /** When it ends, as the server says or by the protocol's quarter of an hour. */
  readonly expires: Date;
  /** Milliseconds from the answer until then, by the server's own clock where it tells the time. */
  readonly validForMs: number;
}

/** What a server says about an archive: where it is, or that it is still being built and when to ask again. */
export type ArchiveAnswer =
  | { readonly kind: 'signed'; readonly signed: SignedUrl }
  | { readonly kind: 'building'; readonly retryAfterMs: number | undefined };

const defaultValidMs = 900_000;

/** Asks where an archive is (wire protocol §2.5): a redirect says so, or a JSON answer; 503 says "not yet". */
export function askArchive<I>(
  http: Http,
  baseUrl: string,
  route: Route<I, CheckpointArchiveUrlResponse>,
  input: I,
  attempt: Attempt,
  wallNow: () => number,
): TaskEither<AttemptFailure, ArchiveAnswer> {
  return async () => {
    const { path } = targetOf(route, input);
    const reply = await http.send({ ...route, path }, undefined, { ...attempt, redirect: 'handBack' })();
    if (E.isLeft(reply)) {
      const { error, retryAfterMs } = reply.left;
      return error.status === 503 ? E.right({ kind: 'building', retryAfterMs }) : reply;
    }
    const signed = readSigned(route, reply.right);
    if (E.isLeft(signed)) return signed;
    const url = absolute(signed.right.url, `${baseUrl}${path}`);
    if (url === undefined) {
      const error = new TinkerError('malformedResponse', 'The server gives no usable address for the archive', { status: reply.right.status });
      return E.left({ ...fromMalformed(error, path), verdict: 'definite' });
    }
    const now = moment(reply.right.headers, 'date')?.getTime() ?? wallNow();
    const expires = signed.right.expires ?? new Date(now + defaultValidMs);
    return E.right({ kind: 'signed', signed: { url, expires, validForMs: expires.getTime() - now } });
  };
}

function readSigned<I>(
  route: Route<I, CheckpointArchiveUrlResponse>,
  reply: Reply,
): E.Either<AttemptFailure, CheckpointArchiveUrlResponse> {
  const location = reply.headers?.get('location') ?? undefined;
  if (location === undefined || reply.status < 300) return readJson(route, reply);
  return E.right({ url: location, expires: moment(reply.headers, 'expires') });
}

function moment(headers: ReplyHeaders | undefined, name: string): Date | undefined {
  const date = new Date(headers?.get(name) ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function absolute(url: string, base: string): string | undefined {
  if (!URL.canParse(url, base)) return undefined;
  const { protocol, href } = new URL(url, base);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
