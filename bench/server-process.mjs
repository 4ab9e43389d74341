import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/**
 * Starts `tinkerjs serve` in a process of its own, on any free port, with its data in a new folder.
 * @param {string} [parent] where that folder is made; default: the system's folder for temporary files
 */
export async function startServerProcess(parent = tmpdir()) {
  const dataDir = await mkdtemp(join(parent, 'tinkerjs-bench-'));
  const args = [command, 'serve', '--port', '0', '--faults', '--json', '--data-dir', dataDir];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TINKER_API_KEY: 'tml-bench' },
  });
  const ended = once(child, 'exit');
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), ended.then(() => [])]);
  if (typeof first[0] !== 'string') {
    await close();
    throw new Error('The server did not start.');
  }
  const { url, apiKey } = JSON.parse(first[0]);
  return {
    url,
    apiKey,
    dataDir,
    close,
    /** What the server did for a model: its operations in order, and where the time of saves and loads went. */
    ledger: async (modelId) => {
      const path = `${url}/api/v1/local/ledger?model_id=${encodeURIComponent(modelId)}`;
      const response = await globalThis.fetch(path, { headers: { 'x-api-key': apiKey } });
      return await response.json();
    },
  };
}
