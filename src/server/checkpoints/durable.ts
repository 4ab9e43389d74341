/** File operations that are on the disk when they return. */
import { mkdir, open } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

/** Writes a new file from pieces and waits until it is on the disk; returns milliseconds of each part. */
export async function writeDurably(path: string, pieces: readonly Uint8Array[]): Promise<{ writeMs: number; syncMs: number }> {
  const started = performance.now();
  const file = await open(path, 'wx', 0o600);
  try {
    for (const piece of pieces) await file.writeFile(piece);
    const written = performance.now();
    await file.sync();
    return { writeMs: written - started, syncMs: performance.now() - written };
  } finally {
    await file.close();
  }
}

/** Waits until a directory's entries are on the disk; Windows has no such call and needs none. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory with its missing parents, and waits until each of their entries is on the disk. */
export async function makeDirectoryDurably(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  const depth = relative(above, resolve(directory)).split(/[\\/]/).length;
  let parent = resolve(directory);
  for (let level = 0; level < depth; level++) {
    parent = dirname(parent);
    await syncDirectory(parent);
  }
}
