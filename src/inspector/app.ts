import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { addControl } from './control.js';
import { feed, type FeedSource } from './feed.js';
import { keepNothing, pageHeaders, requireLoopbackName } from './guards.js';
import { addPageFiles } from './page-files.js';
import type { Pages } from './pages.js';
import { paths } from './protocol.js';
import type { Services } from './services.js';

/** What an inspector answers with. */
export interface AppParts {
  readonly source: FeedSource;
  readonly pages: Pages;
  readonly services: Services;
  /** Undefined where control is off. */
  readonly token: string | undefined;
}

/** The inspector without a socket: a request goes in, a response comes out. */
export function createApp({ source, pages, services, token }: AppParts): Hono {
  const app = new Hono();
  app.onError((_thrown, c) => c.json({ error: 'The inspector failed to answer this.' }, 500));
  app.notFound((c) => c.json({ error: 'There is nothing here.' }, 404));
  app.use(pageHeaders, keepNothing, requireLoopbackName);
  addPageFiles(app);
  addControl(app, services, token);
  app.get(paths.snapshot, (c) => c.json(services.snapshot()));
  app.get(paths.stream, (c) => {
    // The page connects anew by itself, and cannot set headers then.
    const lastEventId = c.req.header('last-event-id') ?? c.req.query('lastEventId');
    return streamSSE(
      c,
      async (stream) => {
        const page = pages.open();
        stream.onAbort(() => page.close());
        try {
          // Each is taken before the next is made.
          for await (const event of feed(source, page, lastEventId)) {
            if (page.gone.aborted) break;
            await stream.writeSSE(event);
          }
        } finally {
          page.close();
        }
      },
      // Whatever went wrong is between the inspector and one page, which comes back by itself.
      () => Promise.resolve(),
    );
  });
  return app;
}
