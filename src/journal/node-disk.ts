import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { AppendFile, JournalDisk } from './disk.js';
import { takeLock } from './process-lock.js';

// Others on the machine have no business with what is trained here.
const ownerOnly = 0o600;

/** The file system. */
export const nodeDisk: JournalDisk = {
  lock: takeLock,
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true });
  },
  list: (directory) => readdir(directory),
  read: (path) => readFile(path),
  openToAppend,
  rename,
  syncDirectory,
  remove: (path) => rm(path, { force: true }),
};

async function openToAppend(path: string): Promise<AppendFile> {
  const file = await open(path, 'a', ownerOnly);
  return {
    append: async (bytes) => {
      await file.appendFile(bytes);
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

/** Windows has no such thing, and makes names last by itself. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
