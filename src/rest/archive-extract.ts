import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReadEntry } from 'tar';
import { ArchiveEntries } from './archive-entries.js';
import { walkArchive } from './archive-walk.js';
import { writeFully } from './write-fully.js';

/**
 * Reads a whole archive without writing anything.
 * @throws TinkerError `malformedResponse` when it is damaged, or when an entry must not be extracted
 */
export async function inspectArchive(file: string, signal: AbortSignal): Promise<ArchiveEntries> {
  const entries = new ArchiveEntries();
  await walkArchive(file, signal, async (entry) => {
    entries.add(entry);
    await consumed(entry);
  });
  return entries;
}

/** Writes the files of an inspected archive below a folder, each safely on disk; tells the bytes as they are written. */
export async function extractArchive(file: string, folder: string, signal: AbortSignal, onBytes: (count: number) => void): Promise<void> {
  const entries = new ArchiveEntries();
  await walkArchive(file, signal, async (entry) => {
    const { kind, name } = entries.add(entry);
    const path = join(folder, ...name.split('/'));
    await mkdir(kind === 'folder' ? path : dirname(path), { recursive: true });
    if (kind === 'folder') return consumed(entry);
    // What mode and owner the archive wants does not matter: these are the caller's files.
    const handle = await open(path, 'wx', 0o644);
    try {
      let written = 0;
      for await (const chunk of entry) {
        written += await writeFully(handle, chunk, written);
        onBytes(chunk.length);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

async function consumed(entry: ReadEntry): Promise<void> {
  entry.resume();
  await entry.promise();
}
