import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended; a process that could not be started has neither code nor signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program of this package. */
export interface Child {
  readonly pid: number | undefined;
  /** Settles when the process has ended and all its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** What it wrote to standard error: of an uncaught error the message, else the end of the text. */
  complaint(): string;
}

/** What to start. */
export interface Program {
  readonly script: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly environment: NodeJS.ProcessEnv;
  /** Called with every line of standard output. */
  readonly onLine: (line: string) => void;
}

const keptComplaint = 4000;

const preload = new URL('./exit-with-parent.js', import.meta.url).href;

/** The processes that the quickstart has started, so that none of them outlives it. */
export class Children {
  readonly #preload: string;
  readonly #running = new Set<ChildProcess>();

  /** @param exitWithParent module that ends a child with its parent; loaded into every child */
  constructor(exitWithParent: string = preload) {
    this.#preload = exitWithParent;
  }

  /** Starts a program with Node. */
  start({ script, args, environment, onLine }: Program): Child {
    const child = spawn(process.execPath, ['--import', this.#preload, script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: environment,
    });
    this.#running.add(child);
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-keptComplaint);
    });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine);
    const exited = new Promise<Exit>((resolve) => {
      const end = (): void => {
        this.#running.delete(child);
        resolve({ code: child.exitCode, signal: child.signalCode });
      };
      child.once('close', end);
      child.once('error', (error) => {
        complaint += error.message;
        if (child.pid === undefined) end();
      });
    });
    return { pid: child.pid, exited, kill: (signal) => void child.kill(signal), complaint: () => gist(complaint) };
  }

  /** Kills what is still running; does not wait for it. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

/** A stack helps nobody who has not written the program that ended with it. */
function gist(complaint: string): string {
  return /^\w*Error: .*$/m.exec(complaint)?.[0] ?? complaint.trim();
}
