/** The part of an open file that is written to. */
export interface OpenFile {
  readonly write: (chunk: Uint8Array, offset: number, length: number, position: number) => Promise<{ readonly bytesWritten: number }>;
  readonly truncate: (length: number) => Promise<void>;
}

/**
 * Writes a whole chunk at a position; one call of the system may write a part of it only.
 * @returns bytes written
 */
export async function writeFully(file: Pick<OpenFile, 'write'>, chunk: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < chunk.length) {
    written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
  }
  return written;
}
