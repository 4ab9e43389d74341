/**
 * The safetensors format: eight bytes of header length, a JSON header naming each tensor's type,
 * shape and place, then the raw little-endian values.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { NamedTensor } from './training-state.js';

const Entry = t.strict({
  dtype: t.literal('F32'),
  shape: t.array(t.number),
  data_offsets: t.tuple([t.number, t.number]),
}, 'SafetensorsEntry');
const Header = t.record(t.string, t.unknown, 'SafetensorsHeader');
const Metadata = t.record(t.string, t.string, 'SafetensorsMetadata');

const LENGTH_BYTES = 8;

/** A decoded file. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** The contents of a file, in pieces that still share memory with the tensors. */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Readonly<Record<string, string>>): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = Entry.encode({ dtype: 'F32', shape: [...shape], data_offsets: [offset, offset + values.byteLength] });
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Math.ceil(json.length / 8) * 8;
  const start = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  start.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(start, LENGTH_BYTES);
  return [start, ...tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))];
}

/** Reads a whole file; throws a plain `Error` that says what is wrong with it. */
export function decodeSafetensors(contents: Uint8Array): Safetensors {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength);
  const headerLength = bytes.length < LENGTH_BYTES ? Number.NaN : Number(bytes.readBigUInt64LE(0));
  const start = LENGTH_BYTES + headerLength;
  if (!(start <= bytes.length)) throw new Error('the header is longer than the file');
  const parsed: unknown = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, start));
  const header = Header.decode(parsed);
  if (E.isLeft(header)) throw new Error('the header is not an object');
  const { __metadata__: rawMetadata = {}, ...entries } = header.right;
  const metadata = Metadata.decode(rawMetadata);
  if (E.isLeft(metadata)) throw new Error('the metadata is not a map of strings');
  const tensors = new Map<string, NamedTensor>();
  for (const [name, raw] of Object.entries(entries)) {
    const entry = Entry.decode(raw);
    if (E.isLeft(entry)) throw new Error(`the entry of tensor ${name} is not that of a float32 tensor`);
    const { shape, data_offsets: [from, to] } = entry.right;
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (!(from >= 0 && to - from === size * 4 && start + to <= bytes.length)) {
      throw new Error(`tensor ${name} does not fit its shape or the file`);
    }
    // A copy, because the values need not lie on a multiple of four in the file.
    const values = new Float32Array(size);
    new Uint8Array(values.buffer).set(bytes.subarray(start + from, start + to));
    tensors.set(name, { name, shape, values });
  }
  return { metadata: metadata.right, tensors };
}
