import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParsedCheckpointPath } from '../types/ids.js';
import type { Clock } from './clock.js';
import { checkpointKinds, kindFolders, kindOfType, type CheckpointKind } from './checkpoints/checkpoint-kind.js';
import { cleanUpLeftovers } from './checkpoints/leftovers.js';
import { encodeManifest, MANIFEST_FILE, readManifest, type CheckpointManifest } from './checkpoints/manifest.js';
import { removeCheckpoint } from './checkpoints/remove-checkpoint.js';
import { readSidecar, writeSidecar, type Sidecar } from './checkpoints/sidecar.js';
import { CheckpointTombstones } from './checkpoints/tombstones.js';
import { messageOf, userError } from './engine/engine-error.js';
import { newestFirst } from './newest-first.js';
import { runFolder, runOfFolder } from './run-ids.js';
import type { StateStore } from './state-store.js';

export interface CheckpointIndexOptions {
  /** The server's data folder; each kind of checkpoint has a folder in it, with one folder per run. */
  readonly dataDir: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Told what happens to checkpoints. */
  readonly onEvent: (event: CheckpointEvent, checkpoint: IndexedCheckpoint) => void;
}

/** What can happen to a checkpoint; `ttl` is a change of its time to live, `replaced` the end of one that is overwritten. */
export type CheckpointEvent = 'created' | 'replaced' | 'published' | 'unpublished' | 'ttl' | 'deleted' | 'expired';

/** A checkpoint that is there, as listings show it. */
export interface IndexedCheckpoint {
  readonly modelId: string;
  readonly kind: CheckpointKind;
  readonly name: string;
  /** The path under which clients know it (wire protocol §9.5). */
  readonly path: string;
  readonly directory: string;
  readonly baseModel: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601, or null when it never expires. */
  readonly expiresAt: string | null;
  readonly isPublic: boolean;
  /** Of all files as they were saved. */
  readonly sizeBytes: number;
}

/** A checkpoint on the disk. */
export interface FoundCheckpoint {
  readonly directory: string;
  readonly manifest: CheckpointManifest;
}

/** Which checkpoints there are, where they lie, and when they expire. Writing and verifying them is the engine's part. */
export class CheckpointIndex {
  readonly #options: CheckpointIndexOptions;
  readonly #tombstones: CheckpointTombstones;
  /** By path. */
  readonly #entries = new Map<string, IndexedCheckpoint>();
  #tail: Promise<void> = Promise.resolve();

  constructor(options: CheckpointIndexOptions) {
    this.#options = options;
    this.#tombstones = new CheckpointTombstones(options.store);
  }

  /** Reads what is on the disk, and removes what has expired. */
  async load(): Promise<void> {
    await this.#tombstones.load();
    for (const kind of checkpointKinds) await this.#loadKind(kind);
    await this.sweep();
  }

  /** The path under which clients know a checkpoint (wire protocol §9.5). */
  pathOf(modelId: string, name: string, kind: CheckpointKind = 'weights'): string {
    return `tinker://${modelId}/${kind}/${name}`;
  }

  /** The folder of a checkpoint, whether it is there or not. */
  directoryOf(modelId: string, name: string, kind: CheckpointKind = 'weights'): string {
    return join(this.#options.dataDir, kindFolders[kind], runFolder(modelId) ?? 'unknown-run', name);
  }

  /** Whether a name is taken; an expired checkpoint does not hold its name. */
  async isTaken(modelId: string, name: string, kind: CheckpointKind = 'weights'): Promise<boolean> {
    await this.sweep();
    return await stat(join(this.directoryOf(modelId, name, kind), MANIFEST_FILE)).then(
      () => true,
      () => false,
    );
  }

  /** Notes a save, so that the checkpoint is listed and expires in time. */
  async saved(modelId: string, name: string, kind: CheckpointKind = 'weights'): Promise<void> {
    const entry = await this.#read(modelId, name, kind);
    const old = this.#entries.get(entry.path);
    if (old !== undefined) this.#options.onEvent('replaced', old);
    // A new place in the order: it is the newest now.
    this.#entries.delete(entry.path);
    this.#entries.set(entry.path, entry);
    await this.#tombstones.remove(entry.path);
    this.#options.onEvent('created', entry);
  }

  /**
   * Finds a checkpoint of either kind and reads its manifest.
   * @throws EngineError `user` when it is unknown, has expired, or its manifest is damaged
   */
  async require(parsed: ParsedCheckpointPath): Promise<FoundCheckpoint> {
    await this.sweep();
    const { path, trainingRunId, name } = parsed;
    const kind = kindOfType(parsed.checkpointType);
    const expiredAt = this.#tombstones.find(path);
    if (expiredAt !== undefined) {
      throw userError(
        `Checkpoint ${path} expired at ${expiredAt} and was deleted. Load another checkpoint; ` +
          'to keep one for longer, save with a larger ttlSeconds, or without it.',
      );
    }
    const isThere = runFolder(trainingRunId) !== undefined && (await this.isTaken(trainingRunId, name, kind));
    if (!isThere) throw userError(`Checkpoint not found: ${path}. Check the run and the name.`);
    const directory = this.directoryOf(trainingRunId, name, kind);
    return { directory, manifest: await readManifest(directory) };
  }

  /** A checkpoint that is there; undefined when it is unknown, has expired or is damaged. */
  find(path: string): IndexedCheckpoint | undefined {
    const entry = this.#entries.get(path);
    return entry === undefined || this.#isOver(entry) ? undefined : entry;
  }

  /** The checkpoints that are there, of one run or of all, newest first. */
  list(modelId?: string): readonly IndexedCheckpoint[] {
    return newestFirst([...this.#entries.values()].filter((entry) => (modelId === undefined || entry.modelId === modelId) && !this.#isOver(entry)));
  }

  /** Lets everybody read a checkpoint, or its owner only; false when that is so already. */
  async setPublic(entry: IndexedCheckpoint, isPublic: boolean): Promise<boolean> {
    return await this.#inTurn(async () => {
      const now = this.#entries.get(entry.path);
      if (now === undefined || now.isPublic === isPublic) return false;
      await this.#change(now, { public: isPublic, expiresAt: now.expiresAt }, isPublic ? 'published' : 'unpublished');
      return true;
    });
  }

  /** Sets the time of expiry; null for never. */
  async setExpiry(entry: IndexedCheckpoint, expiresAt: string | null): Promise<void> {
    await this.#inTurn(async () => {
      const now = this.#entries.get(entry.path);
      if (now !== undefined) await this.#change(now, { public: now.isPublic, expiresAt }, 'ttl');
    });
  }

  /** Deletes a checkpoint; a crash meanwhile leaves all of it or nothing. */
  async delete(entry: IndexedCheckpoint): Promise<void> {
    await this.#inTurn(async () => {
      const now = this.#entries.get(entry.path);
      if (now === undefined) return;
      await removeCheckpoint(now.directory);
      this.#entries.delete(now.path);
      this.#options.onEvent('deleted', now);
    });
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await this.#inTurn(() => this.#removeExpired());
  }

  async #removeExpired(): Promise<void> {
    const due = [...this.#entries.values()].filter((entry) => this.#isOver(entry));
    if (due.length === 0) return;
    for (const { path } of due) this.#entries.delete(path);
    await this.#tombstones.add(due.map(({ path, expiresAt }) => [path, expiresAt ?? '']));
    for (const entry of due) {
      this.#options.onEvent('expired', entry);
      await removeCheckpoint(entry.directory).then(
        () => this.#options.log(`checkpoint ${entry.path} has expired and was deleted`),
        (thrown: unknown) => this.#options.log(`checkpoint ${entry.path} has expired but cannot be deleted: ${messageOf(thrown)}`),
      );
    }
  }

  async #change(entry: IndexedCheckpoint, sidecar: Sidecar, event: CheckpointEvent): Promise<void> {
    await writeSidecar(entry.directory, sidecar);
    const changed = { ...entry, isPublic: sidecar.public, expiresAt: sidecar.expiresAt };
    this.#entries.set(entry.path, changed);
    this.#options.onEvent(event, changed);
  }

  async #loadKind(kind: CheckpointKind): Promise<void> {
    const { dataDir, log } = this.#options;
    const root = join(dataDir, kindFolders[kind]);
    await mkdir(root, { recursive: true });
    const { removed, restored } = await cleanUpLeftovers(root);
    for (const path of removed) log(`removed an unfinished save: ${path}`);
    for (const path of restored) log(`put back a checkpoint whose replacement was unfinished: ${path}`);
    const found: IndexedCheckpoint[] = [];
    for (const folder of await readdir(root)) {
      const modelId = runOfFolder(folder);
      if (modelId === undefined) continue;
      for (const name of await readdir(join(root, folder))) {
        await this.#read(modelId, name, kind).then(
          (entry) => found.push(entry),
          (thrown: unknown) => log(`left alone: ${this.directoryOf(modelId, name, kind)}: ${messageOf(thrown)}`),
        );
      }
    }
    for (const entry of newestFirst(found).reverse()) this.#entries.set(entry.path, entry);
  }

  async #read(modelId: string, name: string, kind: CheckpointKind): Promise<IndexedCheckpoint> {
    const directory = this.directoryOf(modelId, name, kind);
    const manifest = await readManifest(directory);
    const changed = await readSidecar(directory);
    return {
      modelId,
      kind,
      name,
      path: this.pathOf(modelId, name, kind),
      directory,
      baseModel: manifest.baseModel,
      createdAt: manifest.createdAt,
      expiresAt: changed === undefined ? manifest.expiresAt : changed.expiresAt,
      isPublic: changed?.public ?? false,
      sizeBytes: manifest.files.reduce((sum, { size }) => sum + size, Buffer.byteLength(encodeManifest(manifest))),
    };
  }

  #isOver({ expiresAt }: IndexedCheckpoint): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= this.#options.clock.now();
  }

  /** Changes happen one after the other. */
  async #inTurn<A>(work: () => Promise<A>): Promise<A> {
    const done = this.#tail.then(work);
    this.#tail = done.then(
      () => undefined,
      () => undefined,
    );
    return await done;
  }
}
