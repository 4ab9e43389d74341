import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { replaceFile } from '../state-store.js';
import { isMissing } from './failures.js';
import { readPlainFile } from './no-links.js';

/** Name of the file beside a manifest that holds what may change after the save. */
export const SIDECAR_FILE = 'state.json';

const Sidecar = t.strict({
  /** Whether everybody may read the checkpoint. */
  public: t.boolean,
  /** ISO 8601, or null when the checkpoint never expires. */
  expiresAt: t.union([t.string, t.null]),
}, 'CheckpointSidecar');
export type Sidecar = t.TypeOf<typeof Sidecar>;

/**
 * Reads what was changed since the save; undefined when nothing was. It lies in the checkpoint's own
 * folder, so that it is replaced and deleted together with it.
 * @throws Error when the file is there but cannot be understood
 */
export async function readSidecar(directory: string): Promise<Sidecar | undefined> {
  let text: string;
  try {
    text = (await readPlainFile(join(directory, SIDECAR_FILE))).toString('utf8');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const decoded = Sidecar.decode(JSON.parse(text));
  if (E.isLeft(decoded)) throw new Error(`${SIDECAR_FILE} does not have the fields public and expiresAt`);
  return decoded.right;
}

/** Writes it as a whole, or not at all. */
export async function writeSidecar(directory: string, sidecar: Sidecar): Promise<void> {
  await replaceFile(join(directory, SIDECAR_FILE), `${JSON.stringify(Sidecar.encode(sidecar))}\n`);
}
