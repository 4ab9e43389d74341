import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../types/errors.js';
import { messageOf } from './engine/engine-error.js';
import { removeHalfWritten, replaceFile } from './state-store.js';

/** The server's folder, taken by this process. */
export interface DataDir {
  readonly path: string;
  /** Names this run of the server. */
  readonly bootId: string;
  readonly earlierBoots: ReadonlySet<string>;
  /** Lets another server take the folder. */
  release(): Promise<void>;
}

const Boots = t.strict({ boots: t.array(t.string) }, 'Boots');
const mostBoots = 1000;
const takenHere = new Set<string>();

/**
 * Takes the data folder for this process: two servers writing the same runs would destroy each
 * other's. A lock left by a process that was killed is taken over.
 * @throws TinkerError `validation` when another live server has the folder, or a link in it leads elsewhere
 */
export async function openDataDir(path: string): Promise<DataDir> {
  const lock = join(path, 'server.lock');
  if (takenHere.has(path)) throw inUse(path, lock, process.pid);
  takenHere.add(path);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await refuseLinks(path);
    await takeLock(path, lock);
  } catch (thrown) {
    takenHere.delete(path);
    if (thrown instanceof TinkerError) throw thrown;
    throw new TinkerError('validation', `dataDir: ${path} cannot be used: ${messageOf(thrown)}. Give a folder that can be written.`, {
      field: 'dataDir',
      cause: thrown,
    });
  }
  await removeHalfWritten(path);
  const bootId = randomBytes(6).toString('hex');
  const earlier = await readBoots(join(path, 'boots.json'));
  await replaceFile(join(path, 'boots.json'), `${JSON.stringify({ boots: [...earlier, bootId].slice(-mostBoots) })}\n`);
  return {
    path,
    bootId,
    earlierBoots: new Set(earlier),
    release: async () => {
      takenHere.delete(path);
      await rm(lock, { force: true });
    },
  };
}

/** The key kept in the data folder. */
export async function keptApiKey(dataDir: string): Promise<string> {
  return await keptSecret(join(dataDir, 'api-key'), /^tml-[!-~]+$/, () => `tml-local-${randomBytes(16).toString('hex')}`);
}

/** What tokens are signed with; kept in the data folder, so that they hold over a restart. */
export async function keptTokenSecret(dataDir: string): Promise<string> {
  return await keptSecret(join(dataDir, 'token-secret'), /^[0-9a-f]{64}$/, () => randomBytes(32).toString('hex'));
}

/** Made up on first use, readable by the owner only. */
async function keptSecret(path: string, form: RegExp, make: () => string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (form.test(kept.trim())) {
    // It may have been copied here from elsewhere.
    await chmod(path, 0o600);
    return kept.trim();
  }
  const made = make();
  await replaceFile(path, `${made}\n`);
  return made;
}

/** What is written and removed below the folder is to stay below it. */
async function refuseLinks(path: string): Promise<void> {
  const found = (await readdir(path, { recursive: true, withFileTypes: true })).find((entry) => entry.isSymbolicLink());
  if (found === undefined) return;
  const at = join(found.parentPath, found.name);
  throw new TinkerError('validation', `dataDir: ${at} is a symbolic link, which may lead out of the folder. Put what it leads to in its place, or remove it.`, {
    field: 'dataDir',
  });
}

async function takeLock(path: string, lock: string): Promise<void> {
  if (await placeLock(lock)) return;
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
  // Our own process number in a lock that is not ours was that of a process of an earlier life.
  if (pid !== process.pid && isAlive(pid)) throw inUse(path, lock, pid);
  await rm(lock, { force: true });
  if (!(await placeLock(lock))) throw inUse(path, lock, pid);
}

function inUse(path: string, lock: string, pid: number): TinkerError {
  return new TinkerError(
    'validation',
    `dataDir: ${path} is in use by another server (process ${pid}). Stop that server, or give another folder; ` +
      `if no such server runs, delete ${lock}.`,
    { field: 'dataDir' },
  );
}

/** The lock appears with its content, so that nobody takes a lock without one for a dead one's. */
async function placeLock(lock: string): Promise<boolean> {
  const beside = `${lock}.${process.pid}`;
  await writeFile(beside, String(process.pid), { mode: 0o600 });
  try {
    await link(beside, lock);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  } finally {
    await rm(beside, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM';
  }
}

async function readBoots(path: string): Promise<readonly string[]> {
  try {
    const decoded = Boots.decode(JSON.parse(await readFile(path, 'utf8')));
    return E.isRight(decoded) ? decoded.right.boots : [];
  } catch {
    return [];
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
