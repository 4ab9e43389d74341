import * as t from 'io-ts';

/** Whose things are asked for: the caller's own, or all that the caller may see (wire protocol §2.8). */
export const AccessScope = t.keyof({ owned: null, accessible: null }, 'AccessScope');
export type AccessScope = t.TypeOf<typeof AccessScope>;

/** A whole number that travels in a query string, where everything is text. */
export const QueryInteger = new t.Type<number>(
  'QueryInteger',
  (value): value is number => Number.isSafeInteger(value),
  (value, context) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isSafeInteger(number) ? t.success(number) : t.failure(value, context, 'expected a whole number');
  },
  t.identity,
);
