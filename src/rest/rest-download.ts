import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveDownload } from './archive-download.js';
import type { ArchiveEntries, ArchiveFile } from './archive-entries.js';
import { extractArchive, inspectArchive } from './archive-extract.js';
import { checkTarget, diskError, makeWorkspace, putInPlace } from './archive-target.js';
import { signedUrlOf } from './archive-url.js';
import { attended, type Steps } from '../calls/attended.js';
import { guarded } from '../calls/callbacks.js';
import { checkFunction } from '../service/check-settings.js';
import { addressOfPath, limitsOf } from './rest-input.js';
import type { Runtime } from '../service/runtime.js';
import { checkFlag } from '../calls/check-options.js';
import type { CheckpointAddress } from '../types/checkpoint-admin.js';
import type { WaitOptions } from '../calls/wait.js';

/** How far a download is. */
export interface DownloadProgress {
  /** `building` while the server makes the archive, then `downloading` it, then `extracting` it. */
  readonly phase: 'building' | 'downloading' | 'extracting';
  /** Bytes of this phase so far: of the archive while downloading, of its files while extracting. */
  readonly bytes: number;
  /** Bytes of this phase in the end, where that is known. */
  readonly totalBytes?: number | undefined;
}

/** How a checkpoint is downloaded. */
export interface DownloadOptions extends WaitOptions {
  /** Told how far it is, many times a second. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Whether a folder that is there already is replaced, once the new one is complete; default false. */
  readonly force?: boolean | undefined;
}

/** A checkpoint that was downloaded. */
export interface DownloadedCheckpoint {
  /** Absolute path of the folder. */
  readonly directory: string;
  /** Its files, in the archive's order. */
  readonly files: readonly ArchiveFile[];
  /** Bytes of all files together. */
  readonly bytes: number;
  /** Whether the marker file `checkpoint_complete` is among them; not every server writes one. */
  readonly hasCompleteMarker: boolean;
}

const call = 'downloadCheckpoint';
const marker = 'checkpoint_complete';

/** Downloads and extracts a checkpoint; see `RestClient.downloadCheckpoint`. */
export async function download(runtime: Runtime, path: string, targetDirectory: string, options: DownloadOptions): Promise<DownloadedCheckpoint> {
  const limits = limitsOf(options, ['onProgress', 'force']);
  const force = checkFlag('force', options.force, false);
  const onProgress = guarded('onProgress', checkFunction('onProgress', options.onProgress)) ?? (() => undefined);
  const address = addressOfPath(path);
  const target = await checkTarget(targetDirectory, force);
  return attended(runtime, call, limits, async (steps) => {
    try {
      const workspace = await makeWorkspace(target);
      try {
        const file = join(workspace, 'archive');
        await downloadTo(file, { runtime, address, steps, onProgress, limitMs: limits.timeoutMs });
        const entries = await inspectArchive(file, steps.signal);
        await extractTo(target, { file, workspace, force, entries, steps, onProgress });
        const { files, bytes } = entries;
        return { directory: target, files, bytes, hasCompleteMarker: files.some(({ name }) => name === marker) };
      } finally {
        await rm(workspace, { recursive: true, force: true });
      }
    } catch (thrown) {
      throw diskError(thrown, target);
    }
  });
}

interface Downloading {
  readonly runtime: Runtime;
  readonly address: CheckpointAddress;
  readonly steps: Steps;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly limitMs: number | undefined;
}

async function downloadTo(path: string, { runtime, address, steps, onProgress, limitMs }: Downloading): Promise<void> {
  const { fetch, environment } = runtime.config;
  const file = await open(path, 'wx', 0o600);
  try {
    const onBuilding = () => onProgress({ phase: 'building', bytes: 0 });
    await new ArchiveDownload({
      fetch,
      environment,
      steps,
      file,
      sign: () => signedUrlOf(runtime, call, address, steps, { limitMs, onBuilding }),
      onProgress: (bytes, totalBytes) => onProgress({ phase: 'downloading', bytes, totalBytes }),
    }).run();
  } finally {
    await file.close();
  }
}

interface Extracting {
  readonly file: string;
  readonly workspace: string;
  readonly force: boolean;
  readonly entries: ArchiveEntries;
  readonly steps: Steps;
  readonly onProgress: (progress: DownloadProgress) => void;
}

async function extractTo(target: string, { file, workspace, force, entries, steps, onProgress }: Extracting): Promise<void> {
  const ready = join(workspace, 'ready');
  const totalBytes = entries.bytes;
  let bytes = 0;
  await mkdir(ready);
  await extractArchive(file, ready, steps.signal, (count) => {
    bytes += count;
    onProgress({ phase: 'extracting', bytes, totalBytes });
  });
  steps.signal.throwIfAborted();
  await putInPlace(ready, target, workspace, force);
}
