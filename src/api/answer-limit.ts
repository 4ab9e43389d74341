import { TinkerError } from '../types/errors.js';

/** Most bytes of a result, as it comes and as it is unpacked: more than any pass or sample has. */
export const mostResultBytes = 1024 * 1024 * 1024;

/** Most bytes of any other answer: receipts, settings and pages of listings are small. */
export const mostAnswerBytes = 64 * 1024 * 1024;

/** An answer without an end, or one that unpacks to far more than it is, must not take all memory. */
export function tooLarge(mostBytes: number): TinkerError {
  return new TinkerError('malformedResponse', `The server's answer is longer than the ${mostBytes} bytes that it may have, and was not read further`);
}
