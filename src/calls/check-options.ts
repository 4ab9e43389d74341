import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from '../types/check.js';
import { invalid, TinkerError } from '../types/errors.js';

/**
 * Refuses options that are no object, and names that no option has: a misspelt one would be ignored.
 * @throws TinkerError `validation` naming the option
 */
export function checkOptions(options: unknown, names: readonly string[], field = 'options'): void {
  if (!isRecord(options)) throw invalid(field, options, 'an object');
  const strange = Object.keys(options).find((name) => !names.includes(name));
  if (strange === undefined) return;
  // What was given is not shown: under a misspelt name it may be a key.
  const message = `${field}.${strange}: there is no such option; the options are ${names.join(', ')}`;
  throw new TinkerError('validation', message, { field: `${field}.${strange}` });
}

/** The checked value; throws the error of a refused one. */
export function orThrow<A>(checked: E.Either<TinkerError, A>): A {
  if (E.isLeft(checked)) throw checked.left;
  return checked.right;
}

/**
 * Checks an optional credential without showing it.
 * @throws TinkerError `validation`
 */
export function checkSecret(field: string, value: string | undefined): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || value === '')) {
    throw new TinkerError('validation', `${field}: expected a non-empty string (what was given is not shown)`, { field });
  }
  return value;
}

/**
 * Checks an optional flag.
 * @throws TinkerError `validation`
 */
export function checkFlag(field: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(field, value, 'true or false');
  return value ?? fallback;
}
