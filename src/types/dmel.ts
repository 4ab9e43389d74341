import { TinkerError } from './errors.js';

const constantMarker = 254;
const mostDtype = 7;
const mostShift = 63;

/**
 * Length in tokens of a serialized tensor container: its first dimension, from its header (wire protocol
 * §5.6). The header is an optional marker of a constant tensor, a byte for the dtype, and as unsigned
 * LEB128 numbers how many dimensions there are, and each of them.
 * @throws TinkerError `validation` when the header cannot be read
 */
export function dmelLength(bytes: Uint8Array): number {
  const start = bytes[0] === constantMarker ? 1 : 0;
  const dtype = bytes[start];
  if (dtype === undefined) throw unreadable('it ends before its dtype');
  if (dtype > mostDtype) throw unreadable(`${dtype} is no dtype`);
  const dimensions = readVarint(bytes, start + 1);
  if (dimensions.value === 0n) throw unreadable('it has no dimensions');
  return Number(readVarint(bytes, dimensions.next).value);
}

function readVarint(bytes: Uint8Array, start: number): { readonly value: bigint; readonly next: number } {
  let value = 0n;
  for (let at = start, shift = 0; shift <= mostShift; at += 1, shift += 7) {
    const byte = bytes[at];
    if (byte === undefined) throw unreadable('it ends within its header');
    value |= BigInt(byte & 0x7f) << BigInt(shift);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw unreadable('a number in its header is too long');
}

function unreadable(why: string): TinkerError {
  return new TinkerError('validation', `dmel: not a serialized tensor container: ${why}`, { field: 'dmel' });
}
