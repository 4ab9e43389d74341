import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';

/** A file that is there to be downloaded. */
export interface BuiltFile {
  /** Names its content: another content has another key. */
  readonly key: string;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface BuiltFilesOptions {
  /** Emptied at the start; what was in it can be built again. */
  readonly folder: string;
  /** Most bytes kept; the files asked for longest ago go first. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Milliseconds for which {@link BuiltFiles.get} waits for a file that is being built. */
  readonly holdMs: number;
}

/** Files made for downloads: each is built once, in the background, and kept while there is room. */
export class BuiltFiles {
  readonly #options: BuiltFilesOptions;
  /** The one asked for last stands last. */
  readonly #built = new Map<string, BuiltFile>();
  readonly #building = new Map<string, Promise<BuiltFile | undefined>>();
  /** What went wrong after everybody had been told to ask again. */
  readonly #failed = new Map<string, unknown>();
  readonly #dropped = new Set<string>();
  readonly #removing = new Set<Promise<void>>();
  #count = 0;

  constructor(options: BuiltFilesOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true });
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
  }

  /**
   * A file, built when need be; undefined when that takes longer than requests are held.
   * @param build writes the file to the path it is given
   * @throws what the building threw; the next call begins again
   */
  async get(key: string, build: (path: string) => Promise<void>): Promise<BuiltFile | undefined> {
    const built = this.find(key);
    if (built !== undefined) return built;
    if (this.#failed.has(key)) {
      const thrown = this.#failed.get(key);
      this.#failed.delete(key);
      throw thrown;
    }
    return await this.#held(key, this.#building.get(key) ?? this.#begin(key, build));
  }

  /** A file, if it is there. */
  find(key: string): BuiltFile | undefined {
    const built = this.#built.get(key);
    if (built === undefined) return undefined;
    this.#built.delete(key);
    this.#built.set(key, built);
    return built;
  }

  /** Removes a file; downloads that have begun go on. */
  drop(key: string): void {
    this.#failed.delete(key);
    if (this.#building.has(key)) this.#dropped.add(key);
    const built = this.#built.get(key);
    this.#built.delete(key);
    if (built === undefined) return;
    // A file that stays behind goes at the next start.
    const removing = rm(built.path, { force: true }).catch(() => undefined).finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  /** Settles when nothing is being built or removed. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#building.values(), ...this.#removing]);
  }

  #begin(key: string, build: (path: string) => Promise<void>): Promise<BuiltFile | undefined> {
    this.#dropped.delete(key);
    const building = this.#build(key, build).finally(() => this.#building.delete(key));
    this.#building.set(key, building);
    return building;
  }

  async #held(key: string, building: Promise<BuiltFile | undefined>): Promise<BuiltFile | undefined> {
    const { clock, holdMs } = this.#options;
    return await new Promise((resolve, reject) => {
      const cancel = clock.after(holdMs, () => {
        building.catch((thrown: unknown) => void this.#failed.set(key, thrown));
        resolve(undefined);
      });
      building.then(resolve, reject).finally(cancel);
    });
  }

  async #build(key: string, build: (path: string) => Promise<void>): Promise<BuiltFile | undefined> {
    this.#count += 1;
    // Each time another name, so that the removal of an old file never meets a new one.
    const path = join(this.#options.folder, `${key}-${this.#count}`);
    const beside = `${path}.tmp`;
    try {
      await build(beside);
      const { size } = await stat(beside);
      if (this.#dropped.delete(key)) return undefined;
      await rename(beside, path);
      const built = { key, path, sizeBytes: size };
      this.#built.set(key, built);
      this.#makeRoom(key);
      return built;
    } finally {
      await rm(beside, { force: true });
    }
  }

  #makeRoom(kept: string): void {
    let total = [...this.#built.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { key, sizeBytes } of [...this.#built.values()]) {
      if (total <= this.#options.maxBytes || key === kept) return;
      total -= sizeBytes;
      this.drop(key);
    }
  }
}
