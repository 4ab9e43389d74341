/**
 * The manifest of a checkpoint: what it holds, and the size and SHA-256 of each of its files.
 *
 * It vouches for itself too. Its `checksum` covers all other fields, and its text must be exactly
 * the text this module writes for those fields, so that a changed byte is noticed wherever it is,
 * even in white space.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { EngineError, messageOf, userError } from '../engine/engine-error.js';
import { checkpointName } from './checkpoint-name.js';
import { isMissing } from './failures.js';
import { readPlainFile, refuseLinkedFolder } from './no-links.js';

/** Name of the manifest in a checkpoint's directory. */
export const MANIFEST_FILE = 'manifest.json';

/** Version of the checkpoint layout. */
export const FORMAT_VERSION = 1;

const ManifestFields = t.strict({
  formatVersion: t.literal(FORMAT_VERSION),
  /** A sampler checkpoint has no optimizer state. */
  kind: t.keyof({ training: null, sampler: null }),
  baseModel: t.string,
  lora: t.strict({
    rank: t.number,
    alpha: t.number,
    seed: t.number,
    trainAttn: t.boolean,
    trainMlp: t.boolean,
    trainUnembed: t.boolean,
  }),
  /** Optimizer steps taken. */
  step: t.number,
  /** The run (model id) that was saved. */
  parentRun: t.string,
  /** ISO 8601. */
  createdAt: t.string,
  /** ISO 8601, or null when it never expires. */
  expiresAt: t.union([t.string, t.null]),
  files: t.array(t.strict({ name: t.string, size: t.number, sha256: t.string })),
}, 'CheckpointManifest');

/** What a checkpoint's manifest says, without its checksum. */
export type CheckpointManifest = t.TypeOf<typeof ManifestFields>;

const Checksum = t.strict({ checksum: t.string }, 'ManifestChecksum');

/** The text of a manifest file. */
export function encodeManifest(manifest: CheckpointManifest): string {
  const fields = ManifestFields.encode(manifest);
  return `${JSON.stringify({ ...fields, checksum: checksumOf(fields) }, null, 2)}\n`;
}

/** Reads a manifest's text; throws when it is not exactly what `encodeManifest` wrote. */
export function decodeManifest(text: string, name: string): CheckpointManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damaged(name, `${MANIFEST_FILE} is not JSON`, cause);
  }
  const fields = ManifestFields.decode(parsed);
  const checksum = Checksum.decode(parsed);
  if (E.isLeft(fields) || E.isLeft(checksum)) {
    throw damaged(name, `${MANIFEST_FILE} does not have the fields of checkpoint format ${FORMAT_VERSION}`);
  }
  if (checksum.right.checksum !== checksumOf(fields.right) || text !== encodeManifest(fields.right)) {
    throw damaged(name, `${MANIFEST_FILE} does not match its own checksum`);
  }
  return fields.right;
}

/**
 * Reads and verifies the manifest in a checkpoint's directory, and nothing else, so it is cheap
 * enough for listings. Throws an `EngineError` of category `user` when there is no checkpoint there
 * or its manifest is damaged.
 */
export async function readManifest(directory: string): Promise<CheckpointManifest> {
  const name = checkpointName(directory);
  let bytes: Buffer;
  try {
    await refuseLinkedFolder(directory);
    bytes = await readPlainFile(join(directory, MANIFEST_FILE));
  } catch (cause) {
    if (!isMissing(cause)) {
      throw new EngineError('server', `Checkpoint "${name}" cannot be read: ${messageOf(cause)}`, { cause });
    }
    throw userError(`There is no checkpoint "${name}", or its ${MANIFEST_FILE} is missing. Load another checkpoint.`, cause);
  }
  const text = bytes.toString('utf8');
  // Broken bytes all decode to the same replacement character, so the text alone does not tell.
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw damaged(name, `${MANIFEST_FILE} is not valid UTF-8`);
  return decodeManifest(text, name);
}

/** The error for a checkpoint whose files are not as they were written. */
export function damaged(name: string, detail: string, cause?: unknown): EngineError {
  return userError(`Checkpoint "${name}" is damaged: ${detail}. Nothing was changed; load another checkpoint.`, cause);
}

function checksumOf(fields: CheckpointManifest): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
