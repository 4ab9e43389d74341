import * as E from 'fp-ts/lib/Either.js';
import type { TinkerError } from '../types/errors.js';
import { HttpError } from './http-error.js';

/** A bad argument is refused before anything is queued: 400, with the text that names the field. */
export function orRefuse<A>(checked: E.Either<TinkerError, A>): A {
  if (E.isLeft(checked)) throw new HttpError(400, checked.left.message);
  return checked.right;
}
