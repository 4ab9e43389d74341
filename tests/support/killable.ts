import type { AppendFile, JournalDisk } from '../../src/journal/disk.js';
import { realEnvironment, type Environment } from '../../src/machines/environment.js';

/** Files that outlive the processes that write them. */
export class SharedFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly locks = new Map<string, KillableProcess>();

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path));
  }

  /** Paths of journals. */
  get journals(): readonly string[] {
    return [...this.files.keys()].filter((path) => path.endsWith('.journal'));
  }
}

/** The boundary of that name which comes after so many of the same. */
export interface BoundaryName {
  readonly name: string;
  readonly before: number;
}

function error(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}

/**
 * What a client has of a process: its disk and its network. It dies at a boundary: before or after any write, sync, rename
 * or request. What was done stays done; from then on nothing of it happens, nor is anything answered to it.
 */
export class KillableProcess {
  /** Names of the boundaries that it came to. */
  readonly boundaries: string[] = [];
  /** Names of boundaries at which the disk gives an error, with its code. */
  readonly failing = new Map<string, string>();
  readonly #files: SharedFiles;
  readonly #dieAt: number | BoundaryName;
  readonly #ends: ((thrown: Error) => void)[] = [];
  readonly #died: (() => void)[] = [];
  #isDead = false;
  #isBuried = false;

  /** @param dieAt which boundary, from 1, or which of those with a name; 0 is none */
  constructor(files: SharedFiles, dieAt: number | BoundaryName = 0) {
    this.#files = files;
    this.#dieAt = dieAt;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Resolves when it dies. */
  death(): Promise<void> {
    return this.#isDead ? Promise.resolve() : new Promise((resolve) => this.#died.push(resolve));
  }

  die(): void {
    this.#isDead = true;
    for (const [path, owner] of this.#files.locks) if (owner === this) this.#files.locks.delete(path);
    for (const told of this.#died.splice(0)) told();
  }

  /** Lets what hangs in it fail, so that it can be cleaned up. */
  bury(): void {
    this.die();
    this.#isBuried = true;
    for (const end of this.#ends.splice(0)) end(error('EDEAD'));
  }

  get environment(): Environment {
    return { ...realEnvironment, disk: this.disk };
  }

  /** Sends requests as `fetch` does. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const name = new URL(typeof input === 'string' ? input : input instanceof URL ? input : input.url).pathname.split('/').at(-1) ?? '';
    await this.#boundary(`send ${name}`);
    const response = await globalThis.fetch(input, init);
    const body = await response.arrayBuffer();
    await this.#boundary(`sent ${name}`);
    return new Response(body, { status: response.status, headers: response.headers });
  };

  readonly disk: JournalDisk = {
    lock: async (path) => {
      await this.#boundary('lock');
      if (this.#files.locks.has(path)) return { status: 'inUse', holder: 'process 1' };
      this.#files.locks.set(path, this);
      const isHeld = () => Promise.resolve(this.#files.locks.get(path) === this);
      const release = async () => {
        await this.#boundary('release');
        if (await isHeld()) this.#files.locks.delete(path);
      };
      return { status: 'taken', lock: { isHeld, release } };
    },
    makeDirectory: () => this.#boundary('mkdir'),
    list: async (directory) => {
      await this.#boundary('list');
      return [...this.#files.files.keys()].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1));
    },
    read: async (path) => {
      await this.#boundary('read');
      const bytes = this.#files.files.get(path);
      if (bytes === undefined) throw error('ENOENT');
      return bytes;
    },
    openToAppend: async (path) => {
      await this.#boundary('open');
      const file = { path };
      this.#files.files.set(path, this.#files.files.get(path) ?? new Uint8Array());
      this.#names.set(path, file);
      return this.#appendFile(file);
    },
    rename: async (from, to) => {
      await this.#boundary('rename');
      this.#files.files.set(to, this.#files.files.get(from) ?? new Uint8Array());
      this.#files.files.delete(from);
      const file = this.#names.get(from);
      if (file !== undefined) file.path = to;
      this.#names.delete(from);
      await this.#boundary('renamed');
    },
    syncDirectory: () => this.#boundary('sync directory'),
    remove: async (path) => {
      await this.#boundary('remove');
      this.#files.files.delete(path);
    },
  };

  /** An open file stays the same under another name. */
  readonly #names = new Map<string, { path: string }>();

  #appendFile(file: { readonly path: string }): AppendFile {
    const write = (bytes: Uint8Array) => {
      this.#files.files.set(file.path, Buffer.concat([this.#files.files.get(file.path) ?? new Uint8Array(), bytes]));
    };
    return {
      append: async (bytes) => {
        await this.#boundary('append');
        const half = Math.ceil(bytes.length / 2);
        write(bytes.subarray(0, half));
        await this.#boundary('append half');
        write(bytes.subarray(half));
        await this.#boundary('appended');
      },
      sync: () => this.#boundary('sync'),
      close: () => this.#boundary('close'),
    };
  }

  #isItsTime(): boolean {
    const at = this.#dieAt;
    if (typeof at === 'number') return this.boundaries.length === at;
    return this.boundaries.at(-1) === at.name && this.boundaries.filter((name) => name === at.name).length === at.before + 1;
  }

  async #boundary(name: string): Promise<void> {
    if (!this.#isDead) {
      this.boundaries.push(name);
      if (this.#isItsTime()) this.die();
    }
    const code = this.failing.get(name);
    if (code !== undefined) throw error(code);
    if (!this.#isDead) return;
    if (this.#isBuried) throw error('EDEAD');
    await new Promise((_, reject) => this.#ends.push(reject));
  }
}
