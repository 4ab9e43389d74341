import { randomUUID } from 'node:crypto';
import type { RecordSink, WatchedService, Watcher } from '../inspection/watcher.js';
import { recordsVersion } from '../inspection/records.js';
import { createApp } from './app.js';
import { newToken } from './control.js';
import { History } from './history.js';
import { listen } from './listen.js';
import { resolveInspectorOptions, type InspectorOptions } from './options.js';
import { Pages } from './pages.js';
import { Services } from './services.js';
import { announce } from './announce.js';
import { realTimers } from './timers.js';

/** A page on this machine that shows what services do. */
export interface Inspector {
  /** Address of the page; with `control` it holds the token, so treat it as a secret then. */
  readonly url: string;
  /** For the option `inspect` of services, one or several, at the same time or one after the other. */
  readonly inspect: Watcher;
  /** Closes page and port. Services go on unwatched; calling it again does nothing. */
  close(): Promise<void>;
}

/** Milliseconds for which a service that closes lets the pages take the last of it. */
const farewellMs = 250;

/**
 * Opens a page in which to watch services: `new ServiceClient({ inspect: inspector.inspect })`. It is there for this
 * machine only, keeps what it was told within a bound, and keeps no process alive.
 * @throws TinkerError `validation` naming a wrong option; `connection` when the port cannot be opened, with what to do
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  const { host, port, control, maxBytes, log } = resolveInspectorOptions(options);
  const history = new History(maxBytes);
  const [pages, services, timers] = [new Pages(), new Services(), realTimers];
  const token = control ? newToken() : undefined;
  const hello = { instance: randomUUID(), version: recordsVersion, source: 'live', control } as const;
  const app = createApp({ source: { history, hello, timers }, pages, services, token });
  const open = await listen(app, { host, port, keepsAlive: false });
  const url = token === undefined ? open.url : `${open.url}/#token=${token}`;
  announce(log, `tinkerjs inspector: ${url}`);

  let closed: Promise<void> | undefined;
  const watch = (service: WatchedService): RecordSink => {
    if (closed === undefined) services.add(service);
    return {
      write: (records) => {
        if (closed === undefined) history.write(records);
      },
      end: async () => {
        services.remove(service);
        if (closed === undefined) await pages.caughtUp(history.revision, farewellMs, timers);
      },
    };
  };
  return {
    url,
    inspect: { watch },
    close: () => {
      if (closed === undefined) {
        pages.closeAll();
        services.clear();
      }
      closed ??= open.close();
      return closed;
    },
  };
}
