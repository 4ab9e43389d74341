/**
 * Writing a checkpoint so that it is there completely or not at all.
 *
 * Everything goes into a sibling directory first; each file and the directory are on the disk
 * before one rename makes the checkpoint visible, and the rename is on the disk before the save is
 * reported. Replacing an existing checkpoint takes two renames, since a directory cannot be
 * replaced by one; a crash between them is repaired by `cleanUpLeftovers`.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckpointMeta, SaveResult } from '../engine/engine.js';
import { EngineError, messageOf, userError } from '../engine/engine-error.js';
import { makeDirectoryDurably, syncDirectory, writeDurably } from './durable.js';
import { isMissing } from './failures.js';
import { typeOfKind } from './checkpoint-kind.js';
import { checkpointName } from './checkpoint-name.js';
import { checkpointFiles } from './files.js';
import type { FileContents } from './files.js';
import { refuseLinkedFolder } from './no-links.js';
import { encodeManifest, FORMAT_VERSION, MANIFEST_FILE } from './manifest.js';
import type { CheckpointManifest } from './manifest.js';
import type { TrainingState } from './training-state.js';
import { workingPlace } from './working-names.js';

/** Writes a checkpoint directory; on failure nothing new remains and an old checkpoint stays as it was. */
export async function writeCheckpoint(directory: string, state: TrainingState, meta: CheckpointMeta): Promise<SaveResult> {
  const name = checkpointName(directory);
  const started = performance.now();
  const replaces = await exists(directory);
  if (replaces && !meta.overwrite) {
    throw userError(`Checkpoint "${name}" exists already. Choose another name, or save with overwrite.`);
  }
  const saving = workingPlace('saving', directory);
  try {
    await refuseLinkedFolder(directory);
    const files = checkpointFiles(state, meta.kind ?? 'weights');
    const serialised = performance.now();
    const manifest = makeManifest(state, meta, files);
    const hashed = performance.now();

    const contents = [...files, { name: MANIFEST_FILE, pieces: [Buffer.from(encodeManifest(manifest), 'utf8')] }];
    await makeDirectoryDurably(dirname(directory));
    await mkdir(saving.outer, { mode: 0o700 });
    await mkdir(saving.inner, { mode: 0o700 });
    let writeMs = 0;
    let sizeBytes = 0;
    for (const file of contents) {
      writeMs += (await writeDurably(join(saving.inner, file.name), file.pieces)).writeMs;
      sizeBytes += sizeOf(file);
    }
    await syncDirectory(saving.inner);
    await moveIntoPlace(saving.inner, directory, replaces);
    await rm(saving.outer, { recursive: true, force: true });
    const done = performance.now();
    return {
      sizeBytes,
      timings: {
        serialiseMs: serialised - started,
        hashMs: hashed - serialised,
        writeMs,
        syncMs: done - hashed - writeMs,
        totalMs: done - started,
      },
    };
  } catch (cause) {
    await rm(saving.outer, { recursive: true, force: true });
    throw new EngineError('server', `Checkpoint "${name}" could not be written: ${messageOf(cause)}. Nothing was saved.`, { cause });
  }
}

async function moveIntoPlace(complete: string, directory: string, replaces: boolean): Promise<void> {
  const parent = dirname(directory);
  if (!replaces) {
    await rename(complete, directory);
    await syncDirectory(parent);
    return;
  }
  const aside = workingPlace('replaced', directory);
  await mkdir(aside.outer, { mode: 0o700 });
  await rename(directory, aside.inner);
  // The old checkpoint must be findable before the new one shows, whatever order the disk prefers.
  await syncDirectory(aside.outer);
  await syncDirectory(parent);
  try {
    await rename(complete, directory);
  } catch (cause) {
    await rename(aside.inner, directory);
    await rm(aside.outer, { recursive: true, force: true });
    throw cause;
  }
  await syncDirectory(parent);
  await rm(aside.outer, { recursive: true, force: true });
}

function makeManifest(state: TrainingState, meta: CheckpointMeta, files: readonly FileContents[]): CheckpointManifest {
  const { rank, seed, trainAttn, trainMlp, trainUnembed } = state.lora;
  return {
    formatVersion: FORMAT_VERSION,
    kind: typeOfKind[meta.kind ?? 'weights'],
    baseModel: state.baseModel,
    lora: { rank, alpha: state.loraAlpha, seed, trainAttn, trainMlp, trainUnembed },
    step: state.step,
    parentRun: meta.parentRun,
    createdAt: meta.createdAt,
    expiresAt: meta.expiresAt,
    files: files.map((file) => {
      const hash = createHash('sha256');
      for (const piece of file.pieces) hash.update(piece);
      return { name: file.name, size: sizeOf(file), sha256: hash.digest('hex') };
    }),
  };
}

function sizeOf(file: FileContents): number {
  return file.pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw new EngineError('server', `Checkpoint "${checkpointName(path)}" cannot be looked up: ${messageOf(cause)}`, { cause });
  }
}
