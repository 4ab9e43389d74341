import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A varint, or the bytes of anything else. */
type Value = bigint | Uint8Array;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const nothing = new Uint8Array(0);

/**
 * A protobuf message that was received, by the library's reader. What a field is, who asks for it has to
 * know; what nobody asks for is passed over. Bytes are views, not copies. What the library makes of generated
 * code takes longer to load than all else that a client needs, and reads a small message several times as slowly.
 */
export class ProtoMessage {
  readonly #fields = new Map<number, Value[]>();

  /** @throws Error when the bytes are no message */
  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const values = this.#fields.get(field);
      const value = valueOf(reader, wireType);
      if (values === undefined) this.#fields.set(field, [value]);
      else values.push(value);
    }
  }

  /** A whole number; 0 when it is absent. */
  integer(field: number): number {
    const value = this.#last(field) ?? 0n;
    if (typeof value !== 'bigint') throw wrongKind(field);
    return Number(value);
  }

  /** Repeated whole numbers, packed or not. */
  integers(field: number): number[] {
    return this.#all(field).flatMap((value) => (typeof value === 'bigint' ? Number(value) : [...varintsOf(value)]));
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

function valueOf(reader: BinaryReader, wireType: WireType): Value {
  if (wireType === WireType.Varint) return BigInt(reader.int64());
  return wireType === WireType.LengthDelimited ? reader.bytes() : reader.skip(wireType);
}

function* varintsOf(bytes: Uint8Array): Generator<number> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) yield Number(reader.int64());
}

function wrongKind(field: number): Error {
  return new Error(`field ${field} is not of the kind that it should be`);
}
