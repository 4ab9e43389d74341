import { pack } from './packed.js';

const wireTypes = { varint: 0, bits64: 1, lengthDelimited: 2 } as const;

/** Bytes, a few of them, or whole numbers that become int64. */
type Piece = Uint8Array | readonly number[] | Int32Array;

/**
 * Writes a protobuf message. Large arrays are copied once, from where they are to where they belong in the
 * body: what is generated from a .proto needs them as bytes of its own first, and moves them again for
 * every message around them.
 */
export class ProtoWriter {
  readonly #pieces: Piece[] = [];
  #size = 0;

  /** @param value whole, from 0 to 2^53 - 1 */
  varint(field: number, value: number): void {
    this.#add(varintBytes(value, varintBytes(field * 8 + wireTypes.varint)));
  }

  double(field: number, value: number): void {
    this.#add(varintBytes(field * 8 + wireTypes.bits64));
    this.#add(pack(Float64Array.of(value)));
  }

  /** A message within the message; there even when it is empty. */
  message(field: number, write: () => void): void {
    // How long it is shows when it is written.
    const place = this.#pieces.push([]) - 1;
    const before = this.#size;
    write();
    const head = delimited(field, this.#size - before);
    this.#pieces[place] = head;
    this.#size += head.length;
  }

  /** Nothing where it is empty, as all that follow. */
  bytes(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.#add(delimited(field, value.length));
    this.#add(value);
  }

  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value));
  }

  /** Packed varints of whole numbers from 0 to 2^53 - 1. */
  varints(field: number, values: readonly number[]): void {
    const content: number[] = [];
    for (const value of values) varintBytes(value, content);
    if (content.length === 0) return;
    this.#add(delimited(field, content.length));
    this.#add(content);
  }

  /** Packed int64, little-endian (wire protocol §5.6). */
  int64s(field: number, values: Int32Array | BigInt64Array): void {
    if (values instanceof BigInt64Array) {
      this.bytes(field, pack(values));
    } else if (values.length > 0) {
      this.#add(delimited(field, values.length * 8));
      this.#pieces.push(values);
      this.#size += values.length * 8;
    }
  }

  /** The message as a whole. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.#size);
    const view = new DataView(out.buffer);
    let at = 0;
    for (const piece of this.#pieces) {
      if (piece instanceof Int32Array) {
        widen(piece, view, at);
        at += piece.length * 8;
      } else if (piece instanceof Uint8Array) {
        out.set(piece, at);
        at += piece.length;
      } else {
        for (const byte of piece) out[at++] = byte;
      }
    }
    return out;
  }

  #add(piece: Uint8Array | readonly number[]): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }
}

/** Half by half, the lower one first. By index and without bigint: four times as fast as the short forms. */
function widen(values: Int32Array, out: DataView, start: number): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = Number(values[i]);
    out.setInt32(start + 8 * i, value, true);
    out.setInt32(start + 8 * i + 4, value >> 31, true);
  }
}

function delimited(field: number, length: number): number[] {
  return varintBytes(length, varintBytes(field * 8 + wireTypes.lengthDelimited));
}

/** Adds a varint to bytes. */
function varintBytes(value: number, out: number[] = []): number[] {
  let rest = value;
  // Not by shifts: they would cut off what is beyond 32 bits.
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) + 0x80);
  out.push(rest);
  return out;
}
