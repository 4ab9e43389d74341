import * as zlib from 'node:zlib';
import { decompress, Decompress } from 'fzstd';
import { readFrame } from './bodies-zstd-frame.js';
import { messageOf } from '../engine/engine-error.js';
import { HttpError } from '../http-error.js';

/** Decompresses one body; rejects when it is damaged, and with `TooLarge` when more than `most` bytes come out. */
type Decompressor = (body: Uint8Array, most: number) => Promise<Uint8Array>;

class TooLarge extends Error {}

/** Every decoder should bear a window of this size, however small the content is (RFC 8878 §3.1.1.1.2). */
const usualWindow = 8 * 1024 * 1024;

/** Node's own, on its thread pool: other requests are answered meanwhile. */
type NodeDecompressor = (body: Uint8Array, options: { maxOutputLength: number }, done: (error: Error | null, out: Uint8Array) => void) => void;

const decompressors: ReadonlyMap<string, Decompressor> = new Map([
  ['gzip', onThreadPool(zlib.gunzip)],
  ['x-gzip', onThreadPool(zlib.gunzip)],
  ['deflate', onThreadPool(zlib.inflate)],
  ['br', onThreadPool(zlib.brotliDecompress)],
  ['zstd', zstdOfNode() ?? zstdInScript],
]);

/** Values of `Content-Encoding` that are taken, `identity` apart. */
export const contentEncodings: readonly string[] = [...decompressors.keys()];

/**
 * Undoes the `Content-Encoding` of a body (wire protocol §9.9).
 * @param most largest body taken, in bytes
 * @throws HttpError 415 for an encoding that is not known, 413 when the body is too large, 422 when it is damaged
 */
export async function decompressed(body: Uint8Array, encoding: string, most: number): Promise<Uint8Array> {
  const decompressor = decompressors.get(encoding);
  if (decompressor === undefined) {
    throw new HttpError(415, `Content-Encoding ${encoding} is not taken by this server; send the body as it is, or as ${contentEncodings.join(', ')}.`);
  }
  try {
    return await decompressor(body, most);
  } catch (thrown) {
    if (thrown instanceof TooLarge) throw new HttpError(413, `The body is larger than ${most} bytes when decompressed; send fewer datums at a time.`);
    throw new HttpError(422, `The body is not what its Content-Encoding ${encoding} says: ${messageOf(thrown)}`);
  }
}

function onThreadPool(decompress: NodeDecompressor): Decompressor {
  return async (body, most) =>
    await new Promise((resolve, reject) => {
      decompress(body, { maxOutputLength: most }, (error, out) => {
        if (error === null) resolve(out);
        else reject('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? new TooLarge() : error);
      });
    });
}

/** Node has zstd from 22.15 on; it takes a body that was cut, and ignores what follows the first frame. */
function zstdOfNode(): Decompressor | undefined {
  const found: unknown = Reflect.get(zlib, 'zstdDecompress');
  if (!isNodeDecompressor(found)) return undefined;
  const decompress = onThreadPool(found);
  return async (body, most) => {
    checkFrame(body, most);
    return await decompress(body, most);
  };
}

function isNodeDecompressor(value: unknown): value is NodeDecompressor {
  return typeof value === 'function';
}

const pieceBytes = 65_536;

/** For a Node without zstd. A frame that tells its size is decoded in one go, others piece by piece. */
export async function zstdInScript(body: Uint8Array, most: number): Promise<Uint8Array> {
  const contentSize = checkFrame(body, most);
  if (contentSize > 0) return decompress(body);
  const pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((piece) => {
    size += piece.length;
    if (size > most) throw new TooLarge();
    pieces.push(piece);
  });
  for (let at = 0; at < body.length; at += pieceBytes) {
    stream.push(body.subarray(at, at + pieceBytes), at + pieceBytes >= body.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(pieces);
}

/** Gives the size that a body of one frame declares, 0 when it declares none. Memory is set aside by what it declares. */
function checkFrame(body: Uint8Array, most: number): number {
  const { contentSize, windowSize, end } = readFrame(body);
  if (contentSize > most || windowSize > Math.max(most, usualWindow)) throw new TooLarge();
  if (end !== body.length) throw new Error(end > body.length ? 'it was cut' : 'more follows after its first frame');
  return contentSize;
}
