import { ADAPTER_FILE } from '../../checkpoints/files.js';
import type { CheckpointManifest } from '../../checkpoints/manifest.js';

/** What the adapter of a checkpoint is known by: the SHA-256 of its file. */
export function adapterSha256({ files }: CheckpointManifest): string {
  return files.find(({ name }) => name === ADAPTER_FILE)?.sha256 ?? '';
}
