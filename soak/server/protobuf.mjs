/**
 * Reads of a pass in protobuf what a server needs in order to answer it (wire protocol §5.3): whose it is, its number,
 * and how many datums it holds.
 */

/**
 * @param {Uint8Array} body
 * @returns {{ model_id: string, seq_id: number, datums: number }}
 */
export function readPass(body) {
  const found = { model_id: '', seq_id: 0, datums: 0 };
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = body[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < body.length) {
    const tag = varint();
    const value = varint();
    const field = Math.floor(tag / 8);
    if (tag % 8 === 0) {
      if (field === 2) found.seq_id = value;
      continue;
    }
    if (field === 1) found.model_id = Buffer.from(body.buffer, body.byteOffset + at, value).toString();
    if (field === 3) found.datums += 1;
    at += value;
  }
  return found;
}
