import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sdk } from './versions.js';

const programs = fileURLToPath(new URL('../programs/', import.meta.url));

/** How a program or command of the SDK is run. */
export interface PythonRun {
  /** What it gets as TINKER_BASE_URL and TINKER_API_KEY. The SDK wants keys that start with `tml-`. */
  readonly server: { readonly url: string; readonly apiKey: string };
  readonly args?: readonly string[];
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this long it is killed. Default: 240,000. */
  readonly timeoutMs?: number;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
}

/** Runs an executable of the environment (`python`, `tinker`) and waits for its end, whatever that is. */
export async function runExecutable(sdk: Sdk, executable: string, run: PythonRun): Promise<Finished> {
  const child = spawn(join(sdk.folder, 'bin', executable), [...(run.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: run.timeoutMs ?? 240_000,
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      // Neither colours nor line breaks of a terminal in what is compared.
      NO_COLOR: '1',
      COLUMNS: '200',
      TINKER_TELEMETRY: '0',
      // No model hub is asked for anything.
      HF_HUB_OFFLINE: '1',
      TINKER_BASE_URL: run.server.url,
      TINKER_API_KEY: run.server.apiKey,
      ...run.env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { stdout, stderr, code: child.exitCode ?? child.signalCode ?? 'SIGKILL' };
}

/** What a program of tests/python/programs wrote: its objects on stdout, one per line, and all of stderr. */
export interface PythonOutput {
  readonly lines: readonly unknown[];
  readonly stderr: string;
}

/**
 * Runs a program of tests/python/programs to its successful end.
 * @throws Error with the program's stderr when it fails or writes a line that is not JSON
 */
export async function runPython(sdk: Sdk, program: string, run: PythonRun): Promise<PythonOutput> {
  const args = [join(programs, program), ...(run.args ?? [])];
  const { stdout, stderr, code } = await runExecutable(sdk, 'python', { ...run, args });
  if (code !== 0) throw new Error(`${program} with SDK ${sdk.version} ended with ${code}.\nstdout:\n${stdout}\nstderr:\n${stderr}`);
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  return { lines: lines.map((line) => readLine(line, program, stderr)), stderr };
}

function readLine(line: string, program: string, stderr: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`${program} wrote a line that is not JSON: ${line}\nstderr:\n${stderr}`);
  }
}
