/**
 * Makes the simulation one file, in which nothing of the real world is left: the client's own modules, with what knows time and chance,
 * and what meets sockets, replaced by what the schedule gives instead.
 */
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const standIn = (name) => join(here, 'stand-ins', name);

/** Modules that meet the real world, and what stands in for them. */
const standIns = {
  name: 'stand-ins',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/undici-transport\.js$/ }, () => ({ path: standIn('undici-transport.ts') }));
    onResolve({ filter: /^node:timers\/promises$/ }, () => ({ path: standIn('timers-promises.ts') }));
  },
};

/** @param {string} outfile */
export async function bundleSimulation(outfile) {
  await build({
    absWorkingDir: dirname(here),
    entryPoints: [join(here, 'schedules.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    minifySyntax: true,
    mainFields: ['module', 'main'],
    alias: { 'fp-ts/lib': 'fp-ts/es6' },
    inject: [standIn('globals.ts')],
    plugins: [standIns],
    external: ['undici', 'undici/*', 'ky', 'tar', '@huggingface/tokenizers', 'fzstd', '*/inspector/environment.js'],
    logLevel: 'warning',
  });
}
