import * as t from 'io-ts';

/** The largest of 64 bits without a sign. */
const mostUnsigned64 = 2n ** 64n - 1n;

/** Whether a value is a whole number from 0 to 2^64 - 1: as a number up to 2^53 - 1, beyond that as a bigint. */
export function isUnsigned64(value: unknown): value is number | bigint {
  if (typeof value === 'bigint') return value >= 0n && value <= mostUnsigned64;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * A whole number of 64 bits, such as a seed or the number of a sample (wire protocol §4.6). A number beyond
 * 2^53 - 1 is refused: it has been rounded by whoever read the JSON.
 */
export const Unsigned64 = new t.Type<number | bigint>(
  'Unsigned64',
  isUnsigned64,
  (value, context) =>
    isUnsigned64(value) ? t.success(value) : t.failure(value, context, 'expected a whole number from 0 to 2^64 - 1, read without rounding'),
  t.identity,
);
export type Unsigned64 = t.TypeOf<typeof Unsigned64>;
