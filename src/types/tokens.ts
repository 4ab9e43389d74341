import * as t from 'io-ts';
import { Integer } from './ids.js';

/** The highest token id: tokens are 32-bit integers on the wire. */
export const mostToken = 2 ** 31 - 1;

/** Index of the first element that is not a whole number from `least` to 2^31 - 1; -1 when all are. */
export function firstNoToken(values: ArrayLike<unknown>, least: number): number {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > mostToken) return i;
  }
  return -1;
}

/** Token ids as a plain array. `Array.from` goes through an iterator, which takes ten times as long. */
export function toPlain(tokens: Int32Array): number[] {
  const plain = new Array<number>(tokens.length);
  tokens.forEach((token, at) => (plain[at] = token));
  return plain;
}

/** Token ids as an Int32Array; on the wire an array of whole numbers. */
export const Tokens = new t.Type<Int32Array, number[]>(
  'Tokens',
  (value): value is Int32Array => value instanceof Int32Array,
  (value, context) => {
    if (!Array.isArray(value)) return t.failure(value, context, 'expected an array of token ids');
    const wrong = firstNoToken(value, -mostToken - 1);
    return wrong === -1
      ? t.success(Int32Array.from(value))
      : t.failure(value[wrong], t.appendContext(context, String(wrong), Integer), 'expected a 32-bit token id');
  },
  toPlain,
);
