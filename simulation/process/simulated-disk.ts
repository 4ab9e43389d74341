import type { AppendFile, JournalDisk, LockOutcome } from '../../src/journal/disk.js';
import type { DiskFault } from '../network/fault-kinds.js';
import type { Random } from '../world/random.js';
import type { VirtualTime } from '../world/virtual-time.js';

interface StoredFile {
  bytes: Uint8Array;
  /** How many of them a power failure leaves for sure. */
  synced: number;
}

export interface DiskHost {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Whether the disk is to fail like this now; counts it. */
  readonly strikes: (fault: DiskFault) => boolean;
  readonly note: (line: string) => void;
}

/** A disk that outlives the processes that write to it, and keeps what a real one would. */
export class SimulatedDisk {
  readonly #host: DiskHost;
  #names = new Map<string, StoredFile>();
  /** The names that a power failure leaves for sure. */
  #syncedNames = new Map<string, StoredFile>();
  readonly #locks = new Map<string, number>();
  #appending: { readonly file: StoredFile; readonly bytes: Uint8Array } | undefined;

  constructor(host: DiskHost) {
    this.#host = host;
  }

  /** The disk as one process has it, until it is killed; told of every call, which may be its last. */
  of(process: number, onCall: () => void, isAlive: () => boolean): JournalDisk {
    /** A call that a killed process has begun never returns. */
    const call = <A>(ms: number, run: () => A): Promise<A> =>
      new Promise((resolve, reject) => {
        onCall();
        if (!isAlive()) return;
        this.#host.time.after(ms, () => {
          if (!isAlive()) return;
          try {
            resolve(run());
          } catch (thrown) {
            reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
          }
        });
      });
    return {
      lock: (path) => call(0.2, () => this.#lock(path, process)),
      makeDirectory: () => call(0.2, () => undefined),
      list: (directory) => call(0.2, () => this.#list(directory)),
      read: (path) => call(0.2, () => this.#find(path).bytes.slice()),
      openToAppend: (path) => call(0.2, () => this.#open(path, call)),
      rename: (from, to) => call(0.2, () => this.#rename(from, to)),
      syncDirectory: () =>
        call(1, () => {
          this.#syncedNames = new Map(this.#names);
        }),
      remove: (path) =>
        call(0.2, () => {
          this.#names.delete(path);
        }),
    };
  }

  /** The process is gone: its locks are free, and what it was writing may be there in part. */
  killed(process: number): void {
    for (const [path, holder] of this.#locks) if (holder === process) this.#locks.delete(path);
    const { random, strikes, note } = this.#host;
    const appending = this.#appending;
    this.#appending = undefined;
    if (appending === undefined) return;
    const torn = random.below(appending.bytes.length + 1);
    appending.file.bytes = joined(appending.file.bytes, appending.bytes.subarray(0, torn));
    note(`DISK a write of ${appending.bytes.length} bytes is torn after ${torn}`);
    strikes('torn write');
  }

  /** What a process that is gone has written goes to the disk by itself, in time. */
  writeBack(): void {
    this.#syncedNames = new Map(this.#names);
    for (const file of this.#names.values()) file.synced = file.bytes.length;
  }

  /** The machine is off and on again: what was not synced may be there or not, front to back. */
  powerFailed(): void {
    const { random } = this.#host;
    if (random.chance(0.5)) this.#names = new Map(this.#syncedNames);
    for (const file of new Set(this.#names.values())) {
      const kept = file.synced + random.below(file.bytes.length - file.synced + 1);
      file.bytes = file.bytes.slice(0, kept);
      file.synced = kept;
    }
  }

  #lock(path: string, process: number): LockOutcome {
    const holder = this.#locks.get(path);
    if (holder !== undefined) return { status: 'inUse', holder: `process ${holder}` };
    this.#locks.set(path, process);
    const isHeld = () => Promise.resolve(this.#locks.get(path) === process);
    const release = () => {
      if (this.#locks.get(path) === process) this.#locks.delete(path);
      return Promise.resolve();
    };
    return { status: 'taken', lock: { isHeld, release } };
  }

  #list(directory: string): readonly string[] {
    const inside = [...this.#names.keys()].filter((path) => path.startsWith(`${directory}/`));
    if (inside.length === 0) throw failure('ENOENT', directory);
    return inside.map((path) => path.slice(directory.length + 1));
  }

  #find(path: string): StoredFile {
    const file = this.#names.get(path);
    if (file === undefined) throw failure('ENOENT', path);
    return file;
  }

  #open(path: string, call: <A>(ms: number, run: () => A) => Promise<A>): AppendFile {
    const file = this.#names.get(path) ?? { bytes: new Uint8Array(0), synced: 0 };
    this.#names.set(path, file);
    const { random } = this.#host;
    return {
      append: (bytes) => {
        this.#appending = { file, bytes };
        return call(random.between(0.05, 2), () => this.#append(file, bytes));
      },
      sync: () =>
        call(random.between(0.2, 8), () => {
          this.#fail('disk error', 'EIO', path);
          file.synced = file.bytes.length;
        }),
      close: () => call(0.05, () => undefined),
    };
  }

  #append(file: StoredFile, bytes: Uint8Array): void {
    this.#appending = undefined;
    const { random, strikes } = this.#host;
    const isFull = strikes('disk full');
    file.bytes = joined(file.bytes, isFull ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes);
    if (isFull) throw failure('ENOSPC', 'a journal');
  }

  #rename(from: string, to: string): void {
    const file = this.#find(from);
    this.#fail('disk error', 'EIO', from);
    this.#names.delete(from);
    this.#names.set(to, file);
  }

  #fail(fault: DiskFault, code: string, path: string): void {
    if (this.#host.strikes(fault)) throw failure(code, path);
  }
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
