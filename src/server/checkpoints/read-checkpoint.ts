/**
 * Reading a checkpoint, all of it verified before anything is returned.
 *
 * Every file is hashed even when only the adapter is wanted: a checkpoint with a damaged part is
 * not one to continue from.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LoadTimings } from './timings.js';
import { EngineError, messageOf, userError } from '../engine/engine-error.js';
import { checkpointName } from './checkpoint-name.js';
import { isMissing } from './failures.js';
import { ADAPTER_FILE, ADAPTER_FILES, momentName, OPTIMIZER_FILE } from './files.js';
import { damaged } from './manifest.js';
import type { CheckpointManifest } from './manifest.js';
import { readPlainFile } from './no-links.js';
import { decodeSafetensors } from './safetensors.js';
import type { Safetensors } from './safetensors.js';
import type { MomentTensors, NamedTensor } from './training-state.js';

/** The tensors a model expects to find, in its own order. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A verified checkpoint. */
export interface CheckpointContents {
  readonly step: number;
  /** In the order of the expected tensors. */
  readonly adapter: readonly Float32Array<ArrayBuffer>[];
  /** In the same order; undefined unless the optimizer was asked for. */
  readonly moments: readonly MomentTensors[] | undefined;
  readonly timings: LoadTimings;
}

/**
 * Reads the files a verified manifest lists.
 *
 * @throws EngineError of category `user` when a file is missing, damaged, or not what is expected
 */
export async function readCheckpoint(
  directory: string,
  manifest: CheckpointManifest,
  expected: readonly ExpectedTensor[],
  options: { readonly optimizer: boolean },
): Promise<CheckpointContents> {
  const name = checkpointName(directory);
  if (options.optimizer && manifest.kind === 'sampler') {
    throw userError(`Checkpoint "${name}" was saved for sampling and holds no optimizer state. Load a checkpoint that saveState made.`);
  }
  const started = performance.now();
  let hashMs = 0;
  const contents = new Map<string, Buffer>();
  for (const part of manifest.kind === 'sampler' ? ADAPTER_FILES : [...ADAPTER_FILES, OPTIMIZER_FILE]) {
    const file = manifest.files.find((listed) => listed.name === part);
    if (file === undefined) throw damaged(name, `its manifest does not list ${part}`);
    const bytes = await readPart(join(directory, file.name), name, file.name);
    const before = performance.now();
    const intact = bytes.length === file.size && createHash('sha256').update(bytes).digest('hex') === file.sha256;
    hashMs += performance.now() - before;
    if (!intact) throw damaged(name, `${file.name} does not match the manifest`);
    contents.set(file.name, bytes);
  }
  const readMs = performance.now() - started - hashMs;

  const adapterFile = decodePart(contents.get(ADAPTER_FILE), name, ADAPTER_FILE);
  const adapter = expected.map((tensor) => pick(adapterFile, tensor.name, tensor, name, ADAPTER_FILE));
  const moments = options.optimizer ? readMoments(contents.get(OPTIMIZER_FILE), manifest, expected, name) : undefined;
  const done = performance.now();
  return {
    step: manifest.step,
    adapter: adapter.map(({ values }) => values),
    moments,
    timings: { readMs, hashMs, restoreMs: done - started - hashMs - readMs, totalMs: done - started },
  };
}

function readMoments(
  bytes: Buffer | undefined,
  manifest: CheckpointManifest,
  expected: readonly ExpectedTensor[],
  name: string,
): MomentTensors[] {
  const file = decodePart(bytes, name, OPTIMIZER_FILE);
  if (file.metadata['step'] !== String(manifest.step)) {
    throw damaged(name, `${OPTIMIZER_FILE} is of another optimizer step than the manifest`);
  }
  return expected.map((tensor) => ({
    first: pick(file, momentName('first', tensor.name), tensor, name, OPTIMIZER_FILE).values,
    second: pick(file, momentName('second', tensor.name), tensor, name, OPTIMIZER_FILE).values,
  }));
}

async function readPart(path: string, name: string, file: string): Promise<Buffer> {
  try {
    return await readPlainFile(path);
  } catch (cause) {
    if (!isMissing(cause)) {
      throw new EngineError('server', `${file} of checkpoint "${name}" cannot be read: ${messageOf(cause)}`, { cause });
    }
    throw userError(`Checkpoint "${name}" is incomplete: ${file} is missing. Nothing was changed; load another checkpoint.`, cause);
  }
}

function decodePart(bytes: Buffer | undefined, name: string, file: string): Safetensors {
  try {
    return decodeSafetensors(bytes ?? new Uint8Array());
  } catch (cause) {
    throw damaged(name, `${file} cannot be decoded (${messageOf(cause)})`, cause);
  }
}

function pick(file: Safetensors, key: string, expected: ExpectedTensor, name: string, fileName: string): NamedTensor {
  const found = file.tensors.get(key);
  if (found?.shape.join() !== expected.shape.join()) {
    const given = found === undefined ? 'is absent' : `has shape [${found.shape.join(', ')}]`;
    throw userError(
      `Checkpoint "${name}" does not fit the model: tensor ${key} in ${fileName} ${given}, expected shape [${expected.shape.join(', ')}]. Nothing was changed.`,
    );
  }
  return found;
}
