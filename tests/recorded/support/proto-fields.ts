/** One field of a protobuf message. */
export interface ProtoField {
  readonly number: number;
  /** The whole field, with its tag. */
  readonly bytes: Buffer;
  /** What a length-delimited field holds; undefined for the others. */
  readonly content: Buffer | undefined;
}

/** Takes a protobuf message apart into its fields, in the order of its bytes. */
export function fieldsOf(message: Buffer): ProtoField[] {
  const fields: ProtoField[] = [];
  let at = 0;
  while (at < message.length) {
    const start = at;
    const [tag, afterTag] = varint(message, at);
    const wireType = tag & 7;
    const [length, contentStart] = wireType === 2 ? varint(message, afterTag) : [widthOf(message, wireType, afterTag), afterTag];
    at = contentStart + length;
    if (at > message.length) throw new Error('the message is cut off');
    const content = wireType === 2 ? message.subarray(contentStart, at) : undefined;
    fields.push({ number: tag >>> 3, bytes: message.subarray(start, at), content });
  }
  return fields;
}

/** A length-delimited field. */
export function fieldWith(number: number, content: Buffer): Buffer {
  return Buffer.concat([varintBytes((number << 3) | 2), varintBytes(content.length), content]);
}

function widthOf(message: Buffer, wireType: number, at: number): number {
  if (wireType === 0) return varint(message, at)[1] - at;
  if (wireType === 1) return 8;
  if (wireType === 5) return 4;
  throw new Error(`wire type ${wireType} is not one of proto3`);
}

/** The value (32 bits of it), and where it ends. */
function varint(message: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let place = at, shift = 0; ; place += 1, shift += 7) {
    const byte = message[place];
    if (byte === undefined) throw new Error('the message is cut off');
    if (shift < 32) value |= (byte & 127) << shift;
    if (byte < 128) return [value >>> 0, place + 1];
  }
}

function varintBytes(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}
