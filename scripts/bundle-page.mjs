/**
 * Makes the inspector's page of its modules and the libraries that it draws with: one script and one style sheet in
 * dist/inspector/page, served by the inspector itself, so that it works without a network.
 */
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';

const source = 'src/inspector/page';
const outdir = 'dist/inspector/page';

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });

await build({
  entryPoints: [
    { in: `${source}/main.tsx`, out: 'page' },
    { in: `${source}/styles/main.css`, out: 'page' },
  ],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: 'linked',
  minify: true,
  legalComments: 'none',
  tsconfig: `${source}/tsconfig.json`,
});
copyFileSync(`${source}/index.html`, `${outdir}/index.html`);
