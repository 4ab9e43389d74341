import type * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { show, TinkerError } from './errors.js';

const mostIssues = 5;
const longestReport = 500;

/**
 * Decodes a server's answer. A value that does not fit gives a `malformedResponse` error that
 * names at most five fields in at most 500 characters: io-ts' own reporter prints whole values,
 * and one wrong tensor would fill a log.
 */
export function decode<A>(codec: t.Decoder<unknown, A>, value: unknown): E.Either<TinkerError, A> {
  const result = codec.decode(value);
  if (E.isRight(result)) return result;
  return E.left(
    new TinkerError('malformedResponse', `The server's answer is not a valid ${codec.name}: ${report(result.left)}`),
  );
}

/** The first few validation issues as one line: `a.b: got 1, expected string; …`. */
export function report(errors: t.Errors): string {
  const shown = errors.slice(0, mostIssues).map((error) => {
    const path = error.context.map((entry) => entry.key).filter((key) => key !== '');
    const expected = error.message ?? `expected ${error.context.at(-1)?.type.name ?? 'another value'}`;
    return `${path.length > 0 ? path.join('.') : 'the body'}: got ${show(error.value)}, ${expected}`;
  });
  const rest = errors.length - shown.length;
  const text = rest > 0 ? `${shown.join('; ')}; and ${rest} more` : shown.join('; ');
  return text.length > longestReport ? `${text.slice(0, longestReport - 1)}…` : text;
}
