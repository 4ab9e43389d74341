import * as E from 'fp-ts/lib/Either.js';
import type { TinkerError } from '../types/errors.js';
import { EngineError } from './engine/engine-error.js';
import { HttpError } from './http-error.js';

/** A bad argument is refused before anything is queued: 400, with the text that names the field. */
export function orRefuse<A>(checked: E.Either<TinkerError, A>): A {
  if (E.isLeft(checked)) throw new HttpError(400, checked.left.message);
  return checked.right;
}

/** What is asked for and not there, or not whole, is a 404 where the answer goes out at once. */
export async function orNotFound<A>(looking: Promise<A>): Promise<A> {
  return await looking.catch((thrown: unknown) => {
    throw thrown instanceof EngineError ? new HttpError(thrown.category === 'user' ? 404 : 500, thrown.message) : thrown;
  });
}
