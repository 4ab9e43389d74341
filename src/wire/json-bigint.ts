import { parse, stringify } from 'lossless-json';

const maybeTooLong = /\d{16}/;
const wholeNumber = /^-?\d+$/;

/**
 * Reads JSON as `JSON.parse` does, but whole numbers that a double would round as bigints: seeds and the
 * numbers of samples have 64 bits (wire protocol §4.6).
 * @throws SyntaxError on a text that is not JSON
 */
export function readJsonLossless(text: string): unknown {
  // Every number that needs care has 16 digits; without them the fast reader gives the same.
  if (!maybeTooLong.test(text)) return JSON.parse(text);
  return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

function parseNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) || !wholeNumber.test(digits) ? number : BigInt(digits);
}

/** Writes compact JSON, bigints as plain numbers. */
export function writeJsonLossless(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Bigints are what it refuses; they are rare, and this writer is slow.
    return String(stringify(value));
  }
}
