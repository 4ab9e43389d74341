import * as E from 'fp-ts/lib/Either.js';
import { TinkerError, type FailureCategory } from '../types/errors.js';
import { CompleteMetadata, TryAgain } from '../types/futures.js';
import type { AttemptFailure } from '../types/attempt.js';
import { decode } from '../types/decode.js';
import { parseJson, serverText } from './failure.js';
import type { Reply } from './http.js';

/** What one poll found out about an operation (wire protocol §3.2). A result is protobuf as bytes, or parsed JSON. */
export type FutureReply =
  | { readonly kind: 'pending'; readonly queueState: string | undefined; readonly reason: string | undefined }
  | { readonly kind: 'announced'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly error: TinkerError }
  | { readonly kind: 'ready'; readonly body: unknown; readonly bytes: number };

/** What a failed poll means (wire protocol §3.3): poll again, wait for the account, ask a few times more, or give up. */
export type PollFailure =
  | { readonly kind: 'pending'; readonly queueState: string | undefined; readonly reason: string | undefined }
  | { readonly kind: 'unreachable'; readonly error: TinkerError; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'billing'; readonly error: TinkerError }
  | { readonly kind: 'doubtful'; readonly error: TinkerError }
  | { readonly kind: 'failed'; readonly error: TinkerError };

/** Reads an answer of 2xx by its content type, and JSON in the order of tests that the protocol lays down. */
export function readReply(reply: Reply): E.Either<TinkerError, FutureReply> {
  if (reply.protobuf !== undefined) return E.right({ kind: 'ready', body: reply.protobuf, bytes: reply.protobuf.length });
  const body = parseJson(reply.body);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return E.left(new TinkerError('malformedResponse', 'The result of the operation is not a JSON object', { status: reply.status }));
  }
  if ('type' in body && body.type === 'try_again') {
    return E.map(pendingFrom)(decode(TryAgain, body));
  }
  if ('status' in body && body.status === 'complete_metadata') {
    return E.map((announced: CompleteMetadata): FutureReply => ({ kind: 'announced', bytes: announced.responsePayloadSize }))(
      decode(CompleteMetadata, body),
    );
  }
  if ('error' in body) {
    const category = 'category' in body ? categoryOf(body.category) : 'unknown';
    return E.right({ kind: 'failed', error: requestFailed(serverText(reply.body), category) });
  }
  return E.right({ kind: 'ready', body, bytes: reply.body.length });
}

function pendingFrom(said: TryAgain): FutureReply {
  return { kind: 'pending', queueState: said.queueState, reason: said.queueStateReason };
}

function categoryOf(said: unknown): FailureCategory {
  return said === 'user' || said === 'server' ? said : 'unknown';
}

function requestFailed(text: string, category: FailureCategory): TinkerError {
  return new TinkerError('requestFailed', text === '' ? 'the server gave no reason' : text, { category });
}

/** Classifies a poll that did not get 2xx, or nothing readable. */
export function readPollFailure(failure: AttemptFailure): PollFailure {
  const { error, body } = failure;
  switch (error.status) {
    case undefined:
    case 425:
    case 429:
      return { kind: 'unreachable', error, retryAfterMs: failure.retryAfterMs };
    case 408: {
      const said = decode(TryAgain, { type: 'try_again', ...asObject(parseJson(body)) });
      return E.isRight(said)
        ? { kind: 'pending', queueState: said.right.queueState, reason: said.right.queueStateReason }
        : { kind: 'pending', queueState: undefined, reason: undefined };
    }
    case 402:
      return { kind: 'billing', error };
    case 400: {
      // Self-hosted servers report a failed operation as 400 with a JSON body; anything else with
      // that status is a proxy's doing and worth a few more polls.
      const said = asObject(parseJson(body));
      return 'detail' in said || 'error' in said
        ? { kind: 'failed', error: requestFailed(serverText(body), categoryOf(said['category'])).with({ status: 400 }) }
        : { kind: 'doubtful', error };
    }
    case 404:
      return { kind: 'doubtful', error };
    case 410:
      return {
        kind: 'failed',
        error: new TinkerError('promiseExpired', `the server no longer holds the result: ${error.message}`, { status: 410 }),
      };
    default:
      return error.status >= 500 ? { kind: 'unreachable', error, retryAfterMs: failure.retryAfterMs } : { kind: 'failed', error };
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
