import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../examples/', import.meta.url);

/** Runs an example as its user would and gives what it printed, line by line. */
export async function runExample(name: string, env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, folder)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let printed = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode ?? '?'}: ${complained}`);
  return printed.trimEnd().split('\n');
}
