import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

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
}

/** Files made for downloads: each is built once, in the background, and kept while there is room. */
export class BuiltFiles {
  readonly #options: BuiltFilesOptions;
  /** The one asked for last stands last. */
  readonly #built = new Map<string, BuiltFile>();
  readonly #building = new Map<string, Promise<void>>();
  readonly #failed = new Map<string, unknown>();
  readonly #dropped = new Set<string>();
  readonly #removing = new Set<Promise<void>>();
  #count = 0;

  constructor(options: BuiltFilesOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true });
    await mkdir(this.#options.folder, { recursive: true });
  }

  /**
   * A file, or undefined while it is being built, which this begins when need be.
   * @param build writes the file to the path it is given
   * @throws what the building threw, once; the next call begins again
   */
  get(key: string, build: (path: string) => Promise<void>): BuiltFile | undefined {
    const built = this.find(key);
    if (built !== undefined || this.#building.has(key)) return built;
    if (this.#failed.has(key)) {
      const thrown = this.#failed.get(key);
      this.#failed.delete(key);
      throw thrown;
    }
    this.#dropped.delete(key);
    const building = this.#build(key, build)
      .catch((thrown: unknown) => void this.#failed.set(key, thrown))
      .finally(() => this.#building.delete(key));
    this.#building.set(key, building);
    return undefined;
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
    await Promise.all([...this.#building.values(), ...this.#removing]);
  }

  async #build(key: string, build: (path: string) => Promise<void>): Promise<void> {
    this.#count += 1;
    // Each time another name, so that the removal of an old file never meets a new one.
    const path = join(this.#options.folder, `${key}-${this.#count}`);
    const beside = `${path}.tmp`;
    try {
      await build(beside);
      const { size } = await stat(beside);
      if (this.#dropped.delete(key)) return;
      await rename(beside, path);
      this.#built.set(key, { key, path, sizeBytes: size });
      this.#makeRoom(key);
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
