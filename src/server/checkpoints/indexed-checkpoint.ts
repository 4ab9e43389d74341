/** Finding the checkpoints on the disk, and what listings need to know of each. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../engine/engine-error.js';
import { newestFirst } from '../newest-first.js';
import { runFolder, runOfFolder } from '../runs/run-ids.js';
import { checkpointKinds, kindFolders, type CheckpointKind } from './checkpoint-kind.js';
import { cleanUpLeftovers } from './leftovers.js';
import { encodeManifest, readManifest } from './manifest.js';
import { readSidecar } from './sidecar.js';

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

/** The path under which clients know a checkpoint (wire protocol §9.5). */
export function checkpointPath(modelId: string, name: string, kind: CheckpointKind): string {
  return `tinker://${modelId}/${kind}/${name}`;
}

/** The folder of a checkpoint, whether it is there or not. */
export function checkpointDirectory(dataDir: string, modelId: string, name: string, kind: CheckpointKind): string {
  return join(dataDir, kindFolders[kind], runFolder(modelId) ?? 'unknown-run', name);
}

/** @throws when its manifest is missing or damaged */
export async function readIndexed(dataDir: string, modelId: string, name: string, kind: CheckpointKind): Promise<IndexedCheckpoint> {
  const directory = checkpointDirectory(dataDir, modelId, name, kind);
  const manifest = await readManifest(directory);
  const changed = await readSidecar(directory);
  return {
    modelId,
    kind,
    name,
    path: checkpointPath(modelId, name, kind),
    directory,
    baseModel: manifest.baseModel,
    createdAt: manifest.createdAt,
    expiresAt: changed === undefined ? manifest.expiresAt : changed.expiresAt,
    isPublic: changed?.public ?? false,
    sizeBytes: manifest.files.reduce((sum, { size }) => sum + size, Buffer.byteLength(encodeManifest(manifest))),
  };
}

/** Cleans up what a crash left, then reads all checkpoints, oldest first; one that cannot be read is named in the log. */
export async function readAllIndexed(dataDir: string, log: (line: string) => void): Promise<readonly IndexedCheckpoint[]> {
  const found: IndexedCheckpoint[] = [];
  for (const kind of checkpointKinds) {
    const root = join(dataDir, kindFolders[kind]);
    await mkdir(root, { recursive: true, mode: 0o700 });
    const { removed, restored } = await cleanUpLeftovers(root);
    for (const path of removed) log(`removed what an unfinished save or deletion left: ${path}`);
    for (const path of restored) log(`put back a checkpoint whose replacement was unfinished: ${path}`);
    for (const folder of await readdir(root)) {
      const modelId = runOfFolder(folder);
      if (modelId === undefined) continue;
      for (const name of await readdir(join(root, folder))) {
        await readIndexed(dataDir, modelId, name, kind).then(
          (entry) => found.push(entry),
          (thrown: unknown) => log(`left alone: ${checkpointDirectory(dataDir, modelId, name, kind)}: ${messageOf(thrown)}`),
        );
      }
    }
  }
  return newestFirst(found).reverse();
}
