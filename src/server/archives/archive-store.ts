import { archiveKey, buildArchive } from './archive-build.js';
import type { BuiltFile, BuiltFiles } from './archive-files.js';
import type { FoundCheckpoint } from '../checkpoints/checkpoint-index.js';

/** The archives of checkpoints: built when first asked for, kept as long as the checkpoint if there is room. */
export class ArchiveStore {
  readonly #files: BuiltFiles;
  readonly #keys = new Map<string, string>();

  constructor(files: BuiltFiles) {
    this.#files = files;
  }

  /**
   * The archive of a checkpoint; undefined when building it takes longer than requests are held.
   * @throws EngineError `user` when the checkpoint is damaged
   */
  async get(path: string, found: FoundCheckpoint): Promise<BuiltFile | undefined> {
    const key = archiveKey(path, found.manifest);
    this.#keys.set(path, key);
    return await this.#files.get(key, async (to) => {
      await buildArchive(found, to);
    });
  }

  /** Removes the archive of a checkpoint that is gone. */
  drop(path: string): void {
    const key = this.#keys.get(path);
    this.#keys.delete(path);
    if (key !== undefined) this.#files.drop(key);
  }
}
