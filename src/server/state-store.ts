import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { report } from '../types/decode.js';
import { messageOf } from './engine/engine-error.js';

/**
 * Small JSON files that survive a restart. A file is written beside its place and renamed into it,
 * so a reader sees the old content or the new one, never half of it; writes happen one after the
 * other, so the last one wins.
 */
export class StateStore {
  readonly #root: string;
  readonly #log: (line: string) => void;
  #tail: Promise<void> = Promise.resolve();

  constructor(root: string, log: (line: string) => void) {
    this.#root = root;
    this.#log = log;
  }

  /** Writes a value; settles when it is on the disk. */
  async write(path: string, value: unknown): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    await this.#inTurn(() => replaceFile(join(this.#root, path), text));
  }

  /** Removes a file, if it is there. */
  async remove(path: string): Promise<void> {
    await this.#inTurn(() => rm(join(this.#root, path), { force: true }));
  }

  /** All files of a folder, for the start: before anything is written there. One that cannot be read is named in the log and left out. */
  async readAll<A>(folder: string, codec: t.Type<A, unknown>): Promise<readonly A[]> {
    const directory = join(this.#root, folder);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeHalfWritten(directory);
    const values: A[] = [];
    for (const name of (await readdir(directory)).sort()) {
      if (!name.endsWith('.json')) continue;
      try {
        const decoded = codec.decode(JSON.parse(await readFile(join(directory, name), 'utf8')));
        if (E.isRight(decoded)) values.push(decoded.right);
        else this.#log(`ignored ${join(directory, name)}: ${report(decoded.left)}`);
      } catch (thrown) {
        this.#log(`ignored ${join(directory, name)}: ${messageOf(thrown)}`);
      }
    }
    return values;
  }

  /** Settles when everything handed over so far is on the disk. */
  async flush(): Promise<void> {
    await this.#tail;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work);
    this.#tail = done.catch((thrown: unknown) => this.#log(`cannot write state: ${messageOf(thrown)}`));
    await done;
  }
}

/** Replaces a file's content as a whole; only its owner can read it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomUUID()}.tmp`;
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

const halfWritten = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Removes the files in a folder that a crash kept {@link replaceFile} from putting in their place; their paths. */
export async function removeHalfWritten(directory: string): Promise<readonly string[]> {
  const paths = (await readdir(directory)).filter((name) => halfWritten.test(name)).map((name) => join(directory, name));
  for (const path of paths) await rm(path, { force: true });
  return paths;
}
