import type * as E from 'fp-ts/lib/Either.js';
import type { Route } from '../api/route.js';
import type { TinkerError } from '../types/errors.js';
import type { SubmitResponse } from '../types/futures.js';
import type { Work } from '../machines/work.js';

/** An operation outside of any queue: how it is sent, and what its result is. */
export interface LoneOperation<I, A> {
  readonly kind: string;
  readonly requestType: string;
  readonly route: Route<I, SubmitResponse>;
  readonly input: I;
  readonly decode: (body: unknown) => E.Either<TinkerError, A>;
  /** For all of it together; default: a day. */
  readonly patienceMs?: number;
}

/** An operation that is sent in a way of its own, or was sent by an earlier process. */
export interface FollowedOperation<A> extends Pick<LoneOperation<unknown, A>, 'kind' | 'requestType' | 'decode' | 'patienceMs'> {
  readonly send: Work['send'];
}
