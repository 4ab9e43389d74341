import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParsedCheckpointPath } from '../../types/ids.js';
import type { Clock } from '../clock.js';
import { kindOfType, type CheckpointKind } from './checkpoint-kind.js';
import { checkpointDirectory, checkpointPath, readAllIndexed, readIndexed, type IndexedCheckpoint } from './indexed-checkpoint.js';
import { MANIFEST_FILE, readManifest, type CheckpointManifest } from './manifest.js';
import { removeCheckpoint } from './remove-checkpoint.js';
import { writeSidecar, type Sidecar } from './sidecar.js';
import { CheckpointTombstones } from './tombstones.js';
import { messageOf, userError } from '../engine/engine-error.js';
import { newestFirst } from '../newest-first.js';
import { runFolder } from '../runs/run-ids.js';
import type { StateStore } from '../state-store.js';

export interface CheckpointIndexOptions {
  /** The server's data folder; each kind of checkpoint has a folder in it, with one folder per run. */
  readonly dataDir: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Told what happens to checkpoints, and waited for. */
  readonly onEvent: (event: CheckpointEvent, checkpoint: IndexedCheckpoint) => Promise<void>;
}

/** What can happen to a checkpoint; `ttl` is a change of its time to live, `replaced` the end of one that is overwritten. */
export type CheckpointEvent = 'created' | 'replaced' | 'published' | 'unpublished' | 'ttl' | 'deleted' | 'expired';

/** A checkpoint on the disk. */
export interface FoundCheckpoint {
  readonly directory: string;
  readonly manifest: CheckpointManifest;
}

/** Which checkpoints there are, where they lie, and when they expire. Writing and verifying them is the engine's part. */
export class CheckpointIndex {
  readonly #options: CheckpointIndexOptions;
  readonly #tombstones: CheckpointTombstones;
  /** By path; the newest stands last. */
  readonly #entries = new Map<string, IndexedCheckpoint>();
  /** Paths that are being written to, with when that is over. */
  readonly #saving = new Map<string, Promise<void>>();
  #tail: Promise<void> = Promise.resolve();

  constructor(options: CheckpointIndexOptions) {
    this.#options = options;
    this.#tombstones = new CheckpointTombstones(options.store);
  }

  /** Reads what is on the disk, and removes what has expired. */
  async load(): Promise<void> {
    const { dataDir, log } = this.#options;
    await this.#tombstones.load();
    for (const entry of await readAllIndexed(dataDir, log)) this.#entries.set(entry.path, entry);
    await this.sweep();
  }

  /** The path under which clients know a checkpoint (wire protocol §9.5). */
  pathOf(modelId: string, name: string, kind: CheckpointKind = 'weights'): string {
    return checkpointPath(modelId, name, kind);
  }

  /** The folder of a checkpoint, whether it is there or not. */
  directoryOf(modelId: string, name: string, kind: CheckpointKind = 'weights'): string {
    return checkpointDirectory(this.#options.dataDir, modelId, name, kind);
  }

  /** Whether a name is taken; an expired checkpoint does not hold its name. */
  async isTaken(modelId: string, name: string, kind: CheckpointKind = 'weights'): Promise<boolean> {
    await this.sweep();
    return await stat(join(this.directoryOf(modelId, name, kind), MANIFEST_FILE)).then(
      () => true,
      () => false,
    );
  }

  /** Has a checkpoint written, during which nothing else changes it, and notes it, so that it is listed and expires in time. */
  async save<A>(modelId: string, name: string, kind: CheckpointKind, write: () => Promise<A>): Promise<A> {
    const path = this.pathOf(modelId, name, kind);
    let done: () => void = () => undefined;
    await this.#inTurn(() => {
      this.#saving.set(path, new Promise((resolve) => (done = resolve)));
      return Promise.resolve();
    });
    try {
      const written = await write();
      await this.#note(await readIndexed(this.#options.dataDir, modelId, name, kind));
      return written;
    } finally {
      this.#saving.delete(path);
      done();
    }
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
  async setPublic(path: string, isPublic: boolean): Promise<boolean> {
    return await this.#changing(path, async (entry) => {
      if (entry === undefined || entry.isPublic === isPublic) return false;
      await this.#change(entry, { public: isPublic, expiresAt: entry.expiresAt }, isPublic ? 'published' : 'unpublished');
      return true;
    });
  }

  /** Sets the time of expiry; null for never. */
  async setExpiry(path: string, expiresAt: string | null): Promise<void> {
    await this.#changing(path, async (entry) => {
      if (entry !== undefined) await this.#change(entry, { public: entry.isPublic, expiresAt }, 'ttl');
    });
  }

  /** Deletes a checkpoint; a crash meanwhile leaves all of it or nothing. */
  async delete(path: string): Promise<void> {
    await this.#changing(path, async (entry) => {
      if (entry === undefined) return;
      await removeCheckpoint(entry.directory);
      this.#entries.delete(path);
      await this.#options.onEvent('deleted', entry);
    });
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await this.#inTurn(() => this.#removeExpired());
  }

  async #removeExpired(): Promise<void> {
    // One that is being written to is replaced in a moment.
    const due = [...this.#entries.values()].filter((entry) => this.#isOver(entry) && !this.#saving.has(entry.path));
    if (due.length === 0) return;
    for (const { path } of due) this.#entries.delete(path);
    await this.#tombstones.add(due.map(({ path, expiresAt }) => [path, expiresAt ?? '']));
    for (const entry of due) {
      await this.#options.onEvent('expired', entry);
      await removeCheckpoint(entry.directory).then(
        () => this.#options.log(`checkpoint ${entry.path} has expired and was deleted`),
        (thrown: unknown) => this.#options.log(`checkpoint ${entry.path} has expired but cannot be deleted: ${messageOf(thrown)}`),
      );
    }
  }

  async #note(entry: IndexedCheckpoint): Promise<void> {
    const old = this.#entries.get(entry.path);
    if (old !== undefined) await this.#options.onEvent('replaced', old);
    // Taken out first: it is the newest now, and stands last.
    this.#entries.delete(entry.path);
    this.#entries.set(entry.path, entry);
    await this.#tombstones.remove(entry.path);
    await this.#options.onEvent('created', entry);
  }

  async #change(entry: IndexedCheckpoint, sidecar: Sidecar, event: CheckpointEvent): Promise<void> {
    await writeSidecar(entry.directory, sidecar);
    const changed = { ...entry, isPublic: sidecar.public, expiresAt: sidecar.expiresAt };
    this.#entries.set(entry.path, changed);
    await this.#options.onEvent(event, changed);
  }

  /** Changes a checkpoint as it is when it is its turn, and never while it is being written to. */
  async #changing<A>(path: string, work: (entry: IndexedCheckpoint | undefined) => Promise<A>): Promise<A> {
    for (;;) {
      await this.#saving.get(path);
      const outcome = await this.#inTurn(async () => (this.#saving.has(path) ? undefined : { value: await work(this.#entries.get(path)) }));
      if (outcome !== undefined) return outcome.value;
    }
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
