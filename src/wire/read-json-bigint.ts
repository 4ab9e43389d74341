import { parse } from 'lossless-json';

const maybeTooLong = /\d{16}/;
const wholeNumber = /^-?\d+$/;
// No number of the protocol is near as long, and making one takes the longer the more digits it has.
const mostDigits = 40;

/**
 * Reads JSON as `JSON.parse` does, but whole numbers that a double would round as bigints: seeds and the
 * numbers of samples have 64 bits (wire protocol §4.6). One of more than 40 digits is rounded all the same.
 * @throws SyntaxError on a text that is not JSON
 */
export function readJsonLossless(text: string): unknown {
  // Every number that needs care has 16 digits; without them the fast reader gives the same.
  if (!maybeTooLong.test(text)) return JSON.parse(text);
  return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

function parseNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) || digits.length > mostDigits || !wholeNumber.test(digits) ? number : BigInt(digits);
}
