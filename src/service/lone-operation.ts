import type * as E from 'fp-ts/lib/Either.js';
import type { Route } from '../api/route.js';
import type { TinkerError } from '../types/errors.js';
import type { SubmitResponse } from '../types/futures.js';

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
