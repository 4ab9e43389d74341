import * as zlib from 'node:zlib';

/**
 * Bytes as one zstd frame of the default level that says its size (wire protocol §2.4); undefined where
 * this Node cannot make one: that takes 22.15 or newer.
 * @param library where the function is looked for
 */
export function compressZstd(bytes: Uint8Array, library: object = zlib): Uint8Array<ArrayBuffer> | undefined {
  const compress: unknown = Reflect.get(library, 'zstdCompressSync');
  if (typeof compress !== 'function') return undefined;
  const frame: unknown = Reflect.apply(compress, undefined, [bytes, { pledgedSrcSize: bytes.length }]);
  return frame instanceof Uint8Array ? new Uint8Array(frame) : undefined;
}
