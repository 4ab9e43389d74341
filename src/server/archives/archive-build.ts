/** Making the archive of a checkpoint (wire protocol §2.5, §7.3). */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { create } from 'tar';
import { damaged, encodeManifest, MANIFEST_FILE, type CheckpointManifest } from '../checkpoints/manifest.js';
import type { FoundCheckpoint } from '../checkpoints/checkpoint-index.js';
import { EngineError, messageOf } from '../engine/engine-error.js';

/** Tells whoever unpacks an archive that nothing is missing. */
export const COMPLETE_FILE = 'checkpoint_complete';

/** Names the archive of a checkpoint by its content, so that one that is replaced has another. */
export function archiveKey(path: string, manifest: CheckpointManifest): string {
  return createHash('sha256').update(`${path}\n${encodeManifest(manifest)}`).digest('hex');
}

/**
 * Packs the files of a checkpoint, verified, into a `.tar.gz`. The checkpoint may be deleted or replaced
 * meanwhile: what is packed is what its manifest says, or nothing.
 * @throws EngineError `user` when a file is missing or damaged
 */
export async function buildArchive({ directory, manifest }: FoundCheckpoint, path: string): Promise<void> {
  const stage = `${path}.files`;
  try {
    await mkdir(stage, { mode: 0o700 });
    for (const file of manifest.files) await takeFile(directory, stage, file);
    const names = [...manifest.files.map(({ name }) => name), COMPLETE_FILE];
    await writeFile(join(stage, COMPLETE_FILE), '');
    if (manifest.kind === 'training') {
      await writeFile(join(stage, MANIFEST_FILE), encodeManifest(manifest));
      names.push(MANIFEST_FILE);
    }
    const tar = create({ cwd: stage, portable: true, strict: true, mtime: new Date(manifest.createdAt), maxReadSize: 64 * 1024 }, names);
    // Weights hardly compress; what takes time is done on other threads, so that the server keeps answering.
    await pipeline(Readable.from(tar), createGzip({ level: constants.Z_BEST_SPEED }), createWriteStream(path, { mode: 0o600 }));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function takeFile(directory: string, stage: string, { name, size, sha256 }: CheckpointManifest['files'][number]): Promise<void> {
  const label = basename(directory);
  // A manifest is not to name a file elsewhere, whoever wrote it.
  if (name !== basename(name)) throw damaged(label, `its manifest lists ${name}`);
  const [from, to] = [join(directory, name), join(stage, name)];
  try {
    if (!(await lstat(from)).isFile()) throw damaged(label, `${name} is not a regular file`);
    await link(from, to).catch(() => copyFile(from, to));
  } catch (thrown) {
    throw thrown instanceof EngineError ? thrown : damaged(label, `${name} cannot be read: ${messageOf(thrown)}`, thrown);
  }
  const hash = createHash('sha256');
  let read = 0;
  for await (const piece of createReadStream(to)) {
    if (!Buffer.isBuffer(piece)) continue;
    hash.update(piece);
    read += piece.length;
  }
  if (read !== size || hash.digest('hex') !== sha256) throw damaged(label, `${name} does not match the manifest`);
}
