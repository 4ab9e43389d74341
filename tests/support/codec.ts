import { expect } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { report } from '../../src/types/decode.js';
import { TinkerError, type TinkerErrorSummary } from '../../src/types/errors.js';

/** The wire value decodes to exactly this: an absent field is absent, not undefined. */
export function assertDecodes<A>(codec: t.Decoder<unknown, A>, wire: unknown, expected: A): void {
  expect(codec.decode(wire)).toStrictEqual(E.right(expected));
}

/** The wire value is refused, and the report says exactly this. */
export function assertRejects(codec: t.Decoder<unknown, unknown>, wire: unknown, expectedReport: string): void {
  const decoded = codec.decode(wire);
  expect(E.isLeft(decoded) ? report(decoded.left) : decoded.right).toBe(expectedReport);
}

/** The message goes out as this text, key for key; `0.0` counts as `0`, as JSON allows. */
export function assertEncodes<A>(codec: t.Encoder<A, unknown>, value: A, text: string): void {
  expect(JSON.stringify(codec.encode(value))).toBe(JSON.stringify(JSON.parse(text)));
}

/** The message and the wire text stand for each other, both ways. */
export function assertStandsFor<A>(codec: t.Type<A, unknown>, value: A, text: string): void {
  assertEncodes(codec, value, text);
  assertDecodes(codec, JSON.parse(text), value);
}

/** The right side; the test fails with the left one. */
export function rightOf<L, A>(either: E.Either<L, A>): A {
  if (E.isRight(either)) return either.right;
  throw new Error('expected Right, got Left', { cause: either.left });
}

/** The left side; the test fails with the right one. */
export function leftOf<L, A>(either: E.Either<L, A>): L {
  if (E.isLeft(either)) return either.left;
  throw new Error('expected Left, got Right', { cause: either.right });
}

/** What is known about an error, as plain data. */
export function factsOf(error: TinkerError): TinkerErrorSummary {
  return error.toJSON();
}

/** The error of ours that a call throws. */
export function refusalOf(run: () => unknown): TinkerError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof TinkerError) return thrown;
    throw thrown;
  }
  throw new Error('expected a TinkerError to be thrown');
}

/** A call is refused as an argument is: kind `validation`, naming the field, with this message. */
export function assertRefuses(run: () => unknown, field: string, message: string): void {
  expect(factsOf(refusalOf(run))).toEqual({ kind: 'validation', field, message, retriable: false });
}

/** The same function for callers without a compiler, who pass anything. */
export function untyped(call: (...args: never[]) => unknown): (...args: unknown[]) => unknown {
  return (...args): unknown => Reflect.apply(call, undefined, args);
}
