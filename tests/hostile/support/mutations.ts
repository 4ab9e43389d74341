import fc from 'fast-check';
import { fragments } from './fragments.js';

/** Where something is done, as a part of the whole, so that it fits texts of any length. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** Numbers that programs compare with, as bytes; among them lengths of 2 GB and 4 GB as protobuf writes them. */
const telling: readonly (readonly number[])[] = [
  [0x00], [0xff], [0x7f], [0x80], [0x22], [0x5c], [0x0a], [0x0d, 0x0a], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8], [0xef, 0xbb, 0xbf],
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x1a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0b, 0x0b, 0x0b], [0x0c], [0x0f], [0x00, 0x01],
];

type Change = (bytes: Buffer, other: Buffer) => Buffer;

const at = (bytes: Buffer, where: number): number => Math.floor(where * (bytes.length + 1));
const replaced = (bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ where: place, bit: fc.nat(7) }).map(({ where, bit }): Change => (bytes) => {
    const changed = Buffer.from(bytes);
    const index = Math.min(at(bytes, where), bytes.length - 1);
    if (index >= 0) changed[index] = Number(changed[index]) ^ (1 << bit);
    return changed;
  }),
  fc.record({ where: place, by: fc.constantFrom(...telling), over: fc.boolean() }).map(({ where, by, over }): Change => (bytes) => {
    const from = at(bytes, where);
    return replaced(bytes, from, over ? Math.min(bytes.length, from + by.length) : from, Uint8Array.from(by));
  }),
  fc.record({ where: place, by: fc.uint8Array({ maxLength: 12 }) }).map(({ where, by }): Change => (bytes) => replaced(bytes, at(bytes, where), at(bytes, where), by)),
  fc.record({ from: place, share: place }).map(({ from, share }): Change => (bytes) => replaced(bytes, at(bytes, from), at(bytes, from + (1 - from) * share), new Uint8Array(0))),
  fc.record({ from: place, share: place, times: fc.integer({ min: 1, max: 6 }) }).map(({ from, share, times }): Change => (bytes) => {
    const end = at(bytes, from + (1 - from) * share);
    return replaced(bytes, end, end, Buffer.concat(Array.from({ length: times }, () => bytes.subarray(at(bytes, from), end))));
  }),
  place.map((where): Change => (bytes) => bytes.subarray(0, at(bytes, where))),
  fc.record({ mine: place, theirs: place }).map(({ mine, theirs }): Change => (bytes, other) => Buffer.concat([bytes.subarray(0, at(bytes, mine)), other.subarray(at(other, theirs))])),
);

/** Bytes that were recorded, changed in a few places, cut, doubled, or crossed with others. */
export function mutatedBytes(recorded: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const one = fc.constantFrom(...recorded).map((bytes) => Buffer.from(bytes));
  return fc.tuple(one, one, fc.array(change, { minLength: 1, maxLength: 5 })).map(([bytes, other, changes]) => changes.reduce<Buffer>((made, next) => next(made, other), bytes));
}

/** Text of JSON that was recorded, with hostile values in some places, names twice or gone, or with bytes changed. */
export function mutatedJson(recorded: readonly string[]): fc.Arbitrary<Buffer> {
  const parsed = recorded.map((text): unknown => JSON.parse(text));
  const swap = fc.record({ where: place, by: fc.constantFrom(...fragments) });
  const swapped = fc.tuple(fc.constantFrom(...parsed), fc.array(swap, { minLength: 1, maxLength: 3 })).map(([value, swaps]) => {
    const places = countOf(value);
    return Buffer.from(written(value, new Map(swaps.map(({ where, by }) => [Math.floor(where * places), by]))));
  });
  return fc.oneof({ arbitrary: swapped, weight: 3 }, { arbitrary: mutatedBytes(recorded.map((text) => Buffer.from(text))), weight: 1 });
}

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, held) => sum + countOf(held), 1);
}

/** Compact JSON, with other texts in the places that are named by their number in order of writing. */
function written(value: unknown, swaps: ReadonlyMap<number, string>): string {
  let places = 0;
  const write = (held: unknown): string => {
    const swap = swaps.get(places);
    places += 1;
    if (swap !== undefined) {
      places += countOf(held) - 1;
      return swap;
    }
    if (Array.isArray(held)) return `[${held.map(write).join(',')}]`;
    if (typeof held !== 'object' || held === null) return JSON.stringify(held);
    return `{${Object.entries(held).map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`;
  };
  return write(value);
}
