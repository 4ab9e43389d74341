import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { pack } from './packed.js';
import { atOnce, type Steps } from './steps.js';

const elementsEachStep = 131_072;
const bytesEachStep = 1_048_576;

/** Bytes, a few of them, or whole numbers that become int64. */
type Piece = Uint8Array | readonly number[] | Int32Array;

/**
 * Writes a protobuf message. Large arrays are copied once, from where they are to where they belong in the
 * body; the library's writer, which makes all else, moves them again for every message around them.
 */
export class ProtoWriter {
  readonly #pieces: Piece[] = [];
  readonly #small = new BinaryWriter();
  #size = 0;

  /** @param value whole, from 0 to 2^53 - 1 */
  varint(field: number, value: number): void {
    this.#add(this.#small.tag(field, WireType.Varint).uint64(value).finish());
  }

  double(field: number, value: number): void {
    this.#add(this.#small.tag(field, WireType.Bit64).double(value).finish());
  }

  /** A message within the message; there even when it is empty. */
  message(field: number, write: () => void): void {
    // How long it is shows when it is written.
    const place = this.#pieces.push([]) - 1;
    const before = this.#size;
    write();
    const head = headOf(field, this.#size - before);
    this.#pieces[place] = head;
    this.#size += head.length;
  }

  /** Nothing where it is empty, as all that follow. */
  bytes(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.#add(headOf(field, value.length));
    this.#add(value);
  }

  text(field: number, value: string): void {
    if (value !== '') this.#add(this.#small.tag(field, WireType.LengthDelimited).string(value).finish());
  }

  /** Packed varints of whole numbers from 0 to 2^53 - 1. */
  varints(field: number, values: readonly number[]): void {
    const content = new BinaryWriter();
    for (const value of values) content.uint64(value);
    this.bytes(field, content.finish());
  }

  /** Packed int64, little-endian (wire protocol §5.6). */
  int64s(field: number, values: Int32Array | BigInt64Array): void {
    if (values instanceof BigInt64Array) {
      this.bytes(field, pack(values));
    } else if (values.length > 0) {
      this.#add(headOf(field, values.length * 8));
      this.#pieces.push(values);
      this.#size += values.length * 8;
    }
  }

  /** The message as a whole. */
  finish(): Uint8Array<ArrayBuffer> {
    return atOnce(this.finishing());
  }

  /** The same in steps: this is where its bytes are moved. */
  *finishing(): Steps<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(this.#size);
    const view = new DataView(out.buffer);
    let at = 0;
    let before = 0;
    for (const piece of this.#pieces) {
      if (!(piece instanceof Int32Array || piece instanceof Uint8Array)) {
        for (const byte of piece) out[at++] = byte;
        continue;
      }
      for (let from = 0; from < piece.length; from += elementsEachStep) {
        at += place(piece.subarray(from, from + elementsEachStep), out, view, at);
        if (at - before < bytesEachStep) continue;
        before = at;
        yield;
      }
    }
    return out;
  }

  #add(piece: Uint8Array | readonly number[]): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }
}

/** Gives how many bytes were placed. */
function place(piece: Uint8Array | Int32Array, out: Uint8Array, view: DataView, at: number): number {
  if (piece instanceof Int32Array) {
    widen(piece, view, at);
    return piece.length * 8;
  }
  out.set(piece, at);
  return piece.length;
}

/** Half by half, the lower one first. By index and without bigint: four times as fast as the short forms. */
function widen(values: Int32Array, out: DataView, start: number): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = Number(values[i]);
    out.setInt32(start + 8 * i, value, true);
    out.setInt32(start + 8 * i + 4, value >> 31, true);
  }
}

/**
 * Tag and length of what follows. There are as many of these as of all else, and a typed array for each,
 * which the library's writer gives, takes longer than to write it.
 */
function headOf(field: number, length: number): number[] {
  const head: number[] = [];
  for (const value of [field * 8 + WireType.LengthDelimited, length]) {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
    head.push(rest);
  }
  return head;
}
