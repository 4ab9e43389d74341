import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The client of the sources with those of its parts that a soak counts. They are made anew for every run, so that no
 * build has to be up to date, and lie where their libraries are found.
 */

/**
 * @typedef {typeof import('../src/index.js') & {
 *   WorkTable: typeof import('../src/machines/work.js').WorkTable,
 *   KeepAlive: typeof import('../src/machines/environment.js').KeepAlive,
 *   UndiciTransport: typeof import('../src/api/undici-transport.js').UndiciTransport,
 *   Waiting: typeof import('../src/service/waiting.js').Waiting,
 *   Actor: typeof import('xstate').Actor,
 *   StateNode: typeof import('xstate').StateNode,
 * }} Internals
 */

const contents = `
export * from './src/index.ts';
export { WorkTable } from './src/machines/work.ts';
export { KeepAlive } from './src/machines/environment.ts';
export { UndiciTransport } from './src/api/undici-transport.ts';
export { Waiting } from './src/service/waiting.ts';
export { Actor, StateNode } from 'xstate';
`;

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {Promise<Internals>} */
export async function loadInternals() {
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'soak-'));
  try {
    await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      outdir: folder,
      entryNames: 'client',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      mainFields: ['module', 'main'],
      outExtension: { '.js': '.mjs' },
      external: ['undici', 'undici/*', 'ky', 'tar', '@huggingface/tokenizers', 'fzstd', '*/inspector/index.js'],
      logLevel: 'error',
    });
    const loaded = await import(pathToFileURL(join(folder, 'client.mjs')).href);
    // What is loaded on demand has to be there as long as the program runs.
    process.once('exit', () => remove(folder));
    return loaded;
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

/** @param {string} folder */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
}
