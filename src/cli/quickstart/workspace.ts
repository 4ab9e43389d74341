import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the quickstart writes. */
export interface Workspace {
  readonly chart: string;
  /** The local server's data directory; empty at first. */
  readonly dataDir: string;
}

const ownerFile = 'quickstart.pid';

/**
 * Makes the output directory. Server data that an earlier quickstart has left there is removed;
 * anything else is left alone.
 * @throws Error when the place is taken
 */
export async function prepareWorkspace(out: string, isRunning: (pid: number) => boolean = processExists): Promise<Workspace> {
  const dataDir = join(out, 'server-data');
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot make the directory ${out} (${why}). Choose another with --out`);
  });
  // Creating it is the test: two quickstarts at once cannot both succeed.
  const isNew = await mkdir(dataDir).then(() => true, () => false);
  if (!isNew) {
    const owner = await readFile(join(dataDir, ownerFile), 'utf8').then(Number, () => undefined);
    if (owner === undefined) {
      throw new Error(`${dataDir} is not from an earlier quickstart. Choose another directory with --out`);
    }
    if (isRunning(owner)) {
      throw new Error(`${dataDir} is in use by another quickstart (process ${owner}). Choose another directory with --out`);
    }
    await rm(dataDir, { recursive: true });
    await mkdir(dataDir);
  }
  await writeFile(join(dataDir, ownerFile), `${process.pid}\n`);
  return { chart: join(out, 'loss.svg'), dataDir };
}

function processExists(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
