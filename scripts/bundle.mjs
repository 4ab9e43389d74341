/**
 * Makes the client one file, dist/client/index.js, with the libraries that every program needs: to find and link some
 * three hundred modules takes Node longer than all that a first save does. What is loaded on demand stays apart, and so
 * do the libraries that talk to the network or unpack files, which must be exchangeable without a new release of ours.
 * The modules themselves stay in dist: the server, the commands and the types are made of them.
 */
import { build } from 'esbuild';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const outdir = 'dist/client';

rmSync(outdir, { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ['dist/index.js'],
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  // Names stay as they are, for stack traces and profiles.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // The same as ES modules, of which only what is used gets in.
  mainFields: ['module', 'main'],
  alias: { 'fp-ts/lib': 'fp-ts/es6' },
  // The inspector is loaded where it is asked for, as the module that programs start themselves.
  external: ['undici', 'undici/*', 'ky', 'tar', '@huggingface/tokenizers', 'fzstd', './dist/inspector/*'],
  metafile: true,
});

const bundled = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
  if (name !== undefined) bundled.add(name);
}
const licences = [...bundled].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  const file = readdirSync(`node_modules/${name}`).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? 'Its package holds no text of it.' : readFileSync(`node_modules/${name}/${file}`, 'utf8').trim();
  return `${name} ${version}, ${license}\n\n${text}\n`;
});
writeFileSync(`${outdir}/LICENSES.txt`, `This folder holds copies of these libraries.\n\n${licences.join(`\n${'-'.repeat(80)}\n\n`)}`);
