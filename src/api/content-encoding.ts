import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { tooLarge } from './answer-limit.js';
import { errorCode } from './failure.js';
import type { TransportReply } from './transport.js';

type Decoder = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify<Uint8Array, { readonly maxOutputLength: number }, Uint8Array>(gunzip)],
  ['x-gzip', promisify<Uint8Array, { readonly maxOutputLength: number }, Uint8Array>(gunzip)],
  ['deflate', promisify<Uint8Array, { readonly maxOutputLength: number }, Uint8Array>(inflate)],
  ['br', promisify<Uint8Array, { readonly maxOutputLength: number }, Uint8Array>(brotliDecompress)],
]);

// Nobody compresses what is compressed; each time may make a little into a lot.
const mostEncodings = 3;

/**
 * Undoes the compression that an answer came in.
 * @throws where the bytes are damaged, or compressed in a way that was not offered; TinkerError
 * `malformedResponse` when more than `mostBytes` come out
 */
export async function decodeContent(reply: TransportReply, encoding: string, mostBytes: number): Promise<TransportReply> {
  const encodings = encoding.split(',').map((name) => name.trim().toLowerCase());
  if (encodings.length > mostEncodings) throw new Error(`the answer is compressed ${encodings.length} times over`);
  let { bytes } = reply;
  // Undone in the reverse order of being applied.
  for (const name of encodings.reverse()) {
    if (name === 'identity' || name === '' || bytes.length === 0) continue;
    const decode = decoders.get(name);
    if (decode === undefined) throw new Error(`the answer is compressed as ${name}, which was not asked for`);
    bytes = await decode(bytes, { maxOutputLength: mostBytes }).catch((thrown: unknown) => {
      throw errorCode(thrown) === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(mostBytes) : thrown;
    });
  }
  return { ...reply, bytes };
}
