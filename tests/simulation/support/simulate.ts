import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../simulation/run.mjs', import.meta.url));

/** What the command has printed, and how it ended. */
export interface Simulated {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command in a process of its own. */
export function simulate(...args: readonly string[]): Promise<Simulated> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { maxBuffer: 2 ** 26 }, (_, output, errors) => {
      resolve({ code: child.exitCode ?? -1, output, errors });
    });
  });
}

/** The sums that the command prints with `--json`. */
export interface Sums {
  readonly schedules: number;
  readonly faults: Readonly<Record<string, { readonly injected: number; readonly schedules: number }>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly unknown[];
  readonly hashes: Readonly<Record<string, string>>;
}

export async function sumsOf(...args: readonly string[]): Promise<Simulated & { readonly sums: Sums }> {
  const simulated = await simulate('--json', ...args);
  const sums: Sums = JSON.parse(simulated.output);
  return { ...simulated, sums };
}
