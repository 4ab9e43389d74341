import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { TransportReply } from './transport.js';

const decoders: Readonly<Record<string, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * Undoes the compression that an answer came in.
 * @throws where the bytes are damaged, or compressed in a way that was not offered
 */
export async function decodeContent(reply: TransportReply, encoding: string): Promise<TransportReply> {
  const encodings = encoding.split(',').map((name) => name.trim().toLowerCase());
  let { bytes } = reply;
  // Undone in the reverse order of being applied.
  for (const name of encodings.reverse()) {
    if (name === 'identity' || name === '' || bytes.length === 0) continue;
    const decode = decoders[name];
    if (decode === undefined) throw new Error(`the answer is compressed as ${name}, which was not asked for`);
    bytes = await decode(bytes);
  }
  return { ...reply, bytes };
}
