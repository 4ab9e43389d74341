import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';

/** Where the build puts the page; the same from the sources and from what is compiled. */
const folder = new URL('../../dist/inspector/page/', import.meta.url);

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';
const json = 'application/json';

const files: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', script],
  '/page.css': ['page.css', style],
  '/page.js.map': ['page.js.map', json],
  '/page.css.map': ['page.css.map', json],
};

/** The files of the page, and nothing else of the disk. */
export function addPageFiles(app: Hono): void {
  for (const [path, [name, type]] of Object.entries(files)) {
    app.get(path, async (c) => {
      const bytes = await readFile(new URL(name, folder)).catch(() => undefined);
      if (bytes === undefined) return c.text(`${name} is not there: the package is incomplete, install it anew (in its repository: npm run build).`, 404);
      return c.body(new Uint8Array(bytes), 200, { 'content-type': type });
    });
  }
  // Browsers ask for it whatever the page says.
  app.get('/favicon.ico', (c) => c.body(null, 204));
}
