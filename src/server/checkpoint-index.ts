import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as t from 'io-ts';
import type { ParsedCheckpointPath } from '../types/ids.js';
import { isoTime, type Clock } from './clock.js';
import { cleanUpLeftovers } from './checkpoints/leftovers.js';
import { MANIFEST_FILE, readManifest, type CheckpointManifest } from './checkpoints/manifest.js';
import { workingPath } from './checkpoints/working-names.js';
import { messageOf, userError } from './engine/engine-error.js';
import { runFolder, runOfFolder } from './run-ids.js';
import type { StateStore } from './state-store.js';

const Tombstones = t.strict({ expired: t.record(t.string, t.string) }, 'Tombstones');
const mostTombstones = 10_000;

export interface CheckpointIndexOptions {
  /** The folder that holds one folder per run. */
  readonly root: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** A checkpoint on the disk. */
export interface FoundCheckpoint {
  readonly directory: string;
  readonly manifest: CheckpointManifest;
}

/** Where checkpoints lie, and when they expire. Writing and verifying them is the engine's part. */
export class CheckpointIndex {
  readonly #options: CheckpointIndexOptions;
  readonly #expiries = new Map<string, { readonly path: string; readonly expiresAt: number }>();
  /** Checkpoint path to the time it expired, so that a late load gets told so. */
  readonly #tombstones = new Map<string, string>();
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: CheckpointIndexOptions) {
    this.#options = options;
  }

  /** Reads what is on the disk, and removes what has expired. */
  async load(): Promise<void> {
    for (const { expired } of await this.#options.store.readAll('expired', Tombstones)) {
      for (const [path, at] of Object.entries(expired)) this.#tombstones.set(path, at);
    }
    await mkdir(this.#options.root, { recursive: true });
    const { removed, restored } = await cleanUpLeftovers(this.#options.root);
    for (const path of removed) this.#options.log(`removed an unfinished save: ${path}`);
    for (const path of restored) this.#options.log(`put back a checkpoint whose replacement was unfinished: ${path}`);
    for (const folder of await readdir(this.#options.root)) {
      const modelId = runOfFolder(folder);
      if (modelId === undefined) continue;
      for (const name of await readdir(join(this.#options.root, folder))) await this.#read(modelId, name);
    }
    await this.sweep();
  }

  /** The path under which clients know a checkpoint (wire protocol §9.5). */
  pathOf(modelId: string, name: string): string {
    return `tinker://${modelId}/weights/${name}`;
  }

  /** The folder of a checkpoint, whether it is there or not. */
  directoryOf(modelId: string, name: string): string {
    return join(this.#options.root, runFolder(modelId) ?? 'unknown-run', name);
  }

  /** Whether a name is taken; an expired checkpoint does not hold its name. */
  async isTaken(modelId: string, name: string): Promise<boolean> {
    await this.sweep();
    return await stat(join(this.directoryOf(modelId, name), MANIFEST_FILE)).then(
      () => true,
      () => false,
    );
  }

  /** Notes a save, so that it expires in time. */
  async saved(modelId: string, name: string, expiresAt: string | null): Promise<void> {
    const path = this.pathOf(modelId, name);
    const directory = this.directoryOf(modelId, name);
    if (expiresAt === null) this.#expiries.delete(directory);
    else this.#expiries.set(directory, { path, expiresAt: Date.parse(expiresAt) });
    if (this.#tombstones.delete(path)) await this.#writeTombstones();
  }

  /**
   * Finds a checkpoint and reads its manifest.
   * @throws EngineError `user` when it is unknown, has expired, or its manifest is damaged
   */
  async require(parsed: ParsedCheckpointPath): Promise<FoundCheckpoint> {
    await this.sweep();
    const expiredAt = this.#tombstones.get(parsed.path);
    if (expiredAt !== undefined) {
      throw userError(
        `Checkpoint ${parsed.path} expired at ${expiredAt} and was deleted. Load another checkpoint; ` +
          'to keep one for longer, save with a larger ttlSeconds, or without it.',
      );
    }
    const directory = this.directoryOf(parsed.trainingRunId, parsed.name);
    const isThere = runFolder(parsed.trainingRunId) !== undefined && (await this.isTaken(parsed.trainingRunId, parsed.name));
    if (!isThere) throw userError(`Checkpoint not found: ${parsed.path}. Check the run and the name.`);
    return { directory, manifest: await readManifest(directory) };
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#removeExpired());
    await this.#sweeping;
  }

  async #removeExpired(): Promise<void> {
    const now = this.#options.clock.now();
    const due = [...this.#expiries].filter(([, { expiresAt }]) => expiresAt <= now);
    if (due.length === 0) return;
    for (const [directory, { path, expiresAt }] of due) {
      this.#expiries.delete(directory);
      this.#tombstones.set(path, isoTime(expiresAt));
    }
    for (const path of [...this.#tombstones.keys()].slice(0, -mostTombstones)) this.#tombstones.delete(path);
    await this.#writeTombstones();
    for (const [directory, { path }] of due) {
      await removeDirectory(directory).then(
        () => this.#options.log(`checkpoint ${path} has expired and was deleted`),
        (thrown: unknown) => this.#options.log(`checkpoint ${path} has expired but cannot be deleted: ${messageOf(thrown)}`),
      );
    }
  }

  async #writeTombstones(): Promise<void> {
    await this.#options.store.write('expired/checkpoints.json', { expired: Object.fromEntries(this.#tombstones) });
  }

  async #read(modelId: string, name: string): Promise<void> {
    try {
      const { expiresAt } = await readManifest(this.directoryOf(modelId, name));
      if (expiresAt === null) return;
      this.#expiries.set(this.directoryOf(modelId, name), { path: this.pathOf(modelId, name), expiresAt: Date.parse(expiresAt) });
    } catch (thrown) {
      this.#options.log(`left alone: ${this.directoryOf(modelId, name)}: ${messageOf(thrown)}`);
    }
  }
}

/** Takes a folder out of sight in one step before deleting it, so that no reader meets half of it. */
async function removeDirectory(directory: string): Promise<void> {
  // Named like an unfinished save, it is cleaned up at the next start should the deletion be cut short.
  const aside = workingPath('saving', directory);
  await rename(directory, aside);
  await rm(aside, { recursive: true, force: true });
}
