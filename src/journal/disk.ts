/**
 * What a journal needs of a disk. Everything that lasts goes through it, so that a simulation or a test can put
 * its own in place (`Environment.disk`) and fail, tear or end at any boundary. The boundaries, and what must hold
 * when a process dies at each of them:
 *
 * | call | died before it returns | once it has returned |
 * | --- | --- | --- |
 * | `lock` | taken or not; a dead holder's lock is taken over by the next | nobody else gets it before `release` |
 * | `openToAppend` | the file exists empty, or not | it exists for this process; for good only after `syncDirectory` |
 * | `append` | any first part of the bytes may be in the file: the last line may be torn | other readers see the bytes; after a power failure they may be gone |
 * | `sync` | appended bytes may survive or not, front to back | what was appended survives a power failure |
 * | `rename` | the old file or the new one, never a mixture | readers see the new one; after a power failure the old one may be back |
 * | `syncDirectory` | as after `rename` | names in it survive a power failure |
 * | `remove` | there or not | gone for readers |
 *
 * Errors are Node's: `code` says which (`ENOENT`, `ENOSPC`, ...). After `append` or `sync` has failed, nothing is
 * assumed of the file's end: the journal writes a new file and renames it into place.
 */
export interface JournalDisk {
  /** Takes a journal for this process, by the path of its lock file; says who has it where it is taken. */
  lock(path: string): Promise<LockOutcome>;
  /** Makes a folder, with those above it; fine where it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a folder, in any order; rejects with `ENOENT` where there is none. */
  list(directory: string): Promise<readonly string[]>;
  /** Rejects with `ENOENT` where there is no such file. */
  read(path: string): Promise<Uint8Array>;
  /** Opens a file to write at its end; makes it where there is none. */
  openToAppend(path: string): Promise<AppendFile>;
  /** Gives a file another's name, in place of the other. */
  rename(from: string, to: string): Promise<void>;
  /** Makes what was made, renamed and removed in a folder last. */
  syncDirectory(path: string): Promise<void>;
  /** Removes a file; fine where there is none. */
  remove(path: string): Promise<void>;
}

/** A file that grows. Its calls are made one after the other. */
export interface AppendFile {
  /** Writes all bytes, or rejects; then some of them may have been written. */
  append(bytes: Uint8Array): Promise<void>;
  /** Returns when everything appended is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A journal that is taken. */
export interface DiskLock {
  /** Whether it is still ours: a lock may be taken away where its holder was believed dead. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export type LockOutcome =
  | { readonly status: 'taken'; readonly lock: DiskLock }
  /** `holder` says in words who has it, such as `process 4711`. */
  | { readonly status: 'inUse'; readonly holder: string };
