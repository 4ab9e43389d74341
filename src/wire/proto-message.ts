// The library that runs generated code takes longer to load than all else that a client needs, and reads
// a small message several times as slowly. The local server reads and writes with it, so that the two
// check each other.

/** A varint, or the bytes of anything else. */
type Value = bigint | Uint8Array;

const wireTypes = { varint: 0, bits64: 1, lengthDelimited: 2, bits32: 5 } as const;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const nothing = new Uint8Array(0);

/**
 * A protobuf message that was received. What a field is, its reader has to know; fields that nobody asks
 * for are passed over. Bytes are views, not copies.
 */
export class ProtoMessage {
  readonly #fields = new Map<number, Value[]>();

  /** @throws Error when the bytes are no message */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.isAtEnd) {
      const tag = reader.length();
      const field = Math.floor(tag / 8);
      const values = this.#fields.get(field);
      const value = reader.value(tag % 8);
      if (values === undefined) this.#fields.set(field, [value]);
      else values.push(value);
    }
  }

  /** A whole number; 0 when it is absent. */
  integer(field: number): number {
    const value = this.#last(field) ?? 0n;
    if (typeof value !== 'bigint') throw wrongKind(field);
    return toNumber(value);
  }

  /** Repeated whole numbers, packed or not. */
  integers(field: number): number[] {
    return this.#all(field).flatMap((value) => (typeof value === 'bigint' ? toNumber(value) : [...varintsOf(value)]));
  }

  /** 0 when it is absent. */
  double(field: number): number {
    const { length, buffer, byteOffset } = this.bytes(field);
    if (length === 0) return 0;
    if (length !== 8) throw wrongKind(field);
    return new DataView(buffer, byteOffset).getFloat64(0, true);
  }

  /** Empty when it is absent. */
  text(field: number): string {
    return utf8.decode(this.bytes(field));
  }

  /** Empty when they are absent; a message within is among what these can be. */
  bytes(field: number): Uint8Array {
    const value = this.#last(field) ?? nothing;
    if (typeof value === 'bigint') throw wrongKind(field);
    return value;
  }

  /** Repeated messages, among them the entries of a map. */
  messages(field: number): ProtoMessage[] {
    return this.#all(field).map((value) => {
      if (typeof value === 'bigint') throw wrongKind(field);
      return new ProtoMessage(value);
    });
  }

  #all(field: number): readonly Value[] {
    return this.#fields.get(field) ?? [];
  }

  /** Of a field that came several times the last one counts. */
  #last(field: number): Value | undefined {
    return this.#fields.get(field)?.at(-1);
  }
}

function* varintsOf(bytes: Uint8Array): Generator<number> {
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) yield toNumber(reader.varint());
}

/** Negative numbers of any width are written with 64 bits. */
function toNumber(varint: bigint): number {
  return Number(BigInt.asIntN(64, varint));
}

function wrongKind(field: number): Error {
  return new Error(`field ${field} is not of the kind that it should be`);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(wireType: number): Value {
    switch (wireType) {
      case wireTypes.varint:
        return this.varint();
      case wireTypes.bits64:
        return this.#take(8);
      case wireTypes.lengthDelimited:
        return this.#take(this.length());
      case wireTypes.bits32:
        return this.#take(4);
      default:
        throw new Error(`wire type ${wireType} is none of the protocol`);
    }
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number takes more than ten bytes');
  }

  /** A varint of a length or a tag: no longer than 32 bits. */
  length(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error('a length takes more than five bytes');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error('it ends too soon');
    this.#at += 1;
    return byte;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('it ends too soon');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
