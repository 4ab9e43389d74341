import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { DiskLock, LockOutcome } from './disk.js';
import { errorCode } from './error-code.js';

/** Taken by this process, whoever in it: a lock file does not tell its own process from itself. */
const takenHere = new Set<string>();

/**
 * Takes a lock file for this process. It says which process has it and when that was started, so that neither a
 * process that was killed holds it for ever, nor another one that has got its number since. The start is known on
 * Linux only; elsewhere a process of that number counts as the holder.
 */
export async function takeLock(path: string): Promise<LockOutcome> {
  if (takenHere.has(path)) return { status: 'inUse', holder: 'this process' };
  takenHere.add(path);
  let taken = false;
  try {
    const mine = `${process.pid} ${await startOf(process.pid)} ${randomUUID()}`;
    const holder = await placeOrTakeOver(path, mine);
    if (holder !== undefined) return { status: 'inUse', holder };
    taken = true;
    return { status: 'taken', lock: lockOf(path, mine) };
  } finally {
    if (!taken) takenHere.delete(path);
  }
}

function lockOf(path: string, mine: string): DiskLock {
  const isHeld = async () => (await contentOf(path)) === mine;
  return {
    isHeld,
    release: async () => {
      takenHere.delete(path);
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

/** Says who has it; undefined when it is ours. */
async function placeOrTakeOver(path: string, mine: string): Promise<string | undefined> {
  // Others may take over at the same time: in every round one of them gets on.
  for (;;) {
    if (await place(path, mine)) return undefined;
    const theirs = await contentOf(path);
    const [pid, start] = theirs.split(' ');
    if (await isHolding(Number(pid), start)) return `process ${Number(pid)}`;
    await moveAway(path, theirs);
  }
}

/** The lock appears with its content, so that nobody takes one without for a dead one's. */
async function place(path: string, content: string): Promise<boolean> {
  const beside = besides(path);
  await writeFile(beside, content);
  try {
    return await unless(['EEXIST'], () => link(beside, path));
  } finally {
    await rm(beside, { force: true });
  }
}

/** Removes a dead one's lock, and only that: only one of several can rename it. */
export async function moveAway(path: string, dead: string): Promise<void> {
  const beside = besides(path);
  const isMoved = await unless(['ENOENT'], () => rename(path, beside));
  if (!isMoved) return;
  // Where somebody was faster it is theirs: back with it.
  if ((await contentOf(beside)) !== dead) await unless(['EEXIST'], () => link(beside, path));
  await rm(beside, { force: true });
}

/** Whether it went well; errors with other codes are passed on. */
async function unless(codes: readonly string[], work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    if (codes.includes(errorCode(thrown))) return false;
    throw thrown;
  }
}

async function isHolding(pid: number, start: string | undefined): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const now = await startOf(pid);
  return start === unknownStart || now === unknownStart || now === start;
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return errorCode(thrown) === 'EPERM';
  }
}

const unknownStart = '-';

/** When a process was started, in ticks since this boot of the machine, and which boot that is; `-` where nobody says. */
export async function startOf(pid: number): Promise<string> {
  const [stat, boot] = await Promise.all([contentOf(`/proc/${pid}/stat`), contentOf('/proc/sys/kernel/random/boot_id')]);
  // The second field is the program's name, which may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined || boot === '' ? unknownStart : `${boot.trim()}:${ticks}`;
}

function besides(path: string): string {
  return `${path}.${process.pid}.${randomUUID()}`;
}

/** Empty where there is no such file. */
async function contentOf(path: string): Promise<string> {
  let content = '';
  await unless(['ENOENT', 'ESRCH'], async () => {
    content = await readFile(path, 'utf8');
  });
  return content;
}
