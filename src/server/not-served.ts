import { readBody } from './bodies/bodies.js';
import { HttpError } from './http-error.js';
import type { ServerApp } from './routing.js';

/** What newer official clients may ask for and this server has not, and what to do instead. */
const notServed: readonly (readonly [path: string, advice: string])[] = [
  ['/api/v1/save_weights_external', 'External weights are not offered by this server. Save a state, and download its archive.'],
  ['/api/v1/copy_weights', 'This server does not copy checkpoints. They can be loaded by their paths as long as they are there.'],
  ['/api/v1/create_custom_loss', 'Custom losses are not run by this server. Run them in the client.'],
  ['/api/v1/sessions/search', 'This server does not search sessions. List them instead.'],
];

/**
 * Refuses these with advice. Their bodies are read all the same: the number of a refused request counts as answered, so
 * that the next one of its model is not kept waiting for it (wire protocol §9.2).
 */
export function addNotServed(app: ServerApp): void {
  for (const [path, advice] of notServed) {
    app.post(path, async (c) => {
      await readBody(c);
      throw new HttpError(404, advice);
    });
  }
}
