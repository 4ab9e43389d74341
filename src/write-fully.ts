import type { FileHandle } from 'node:fs/promises';

/**
 * Writes a whole chunk at a position; one call of the system may write a part of it only.
 * @returns bytes written
 */
export async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < chunk.length) {
    written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
  }
  return written;
}
