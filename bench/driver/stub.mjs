import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../stub/server.mjs', import.meta.url));

/** @typedef {{ requests: Record<string, number>, bytesIn: number, bytesOut: number, cpuSeconds: number }} Served */

/** Starts the stub server in a process of its own; it ends with this one. */
export async function startStub() {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => [])]);
  if (typeof line !== 'string') throw new Error('The stub server did not start.');
  const { url } = JSON.parse(line);
  return {
    url,
    /** Forgets what was served. */
    reset: async () => {
      const response = await globalThis.fetch(`${url}/bench/reset`, { method: 'POST' });
      await response.text();
    },
    /** @returns {Promise<Served>} what was served since the last reset */
    served: async () => {
      const response = await globalThis.fetch(`${url}/bench/stats`);
      return await response.json();
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
