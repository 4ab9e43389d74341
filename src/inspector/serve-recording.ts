import { randomUUID } from 'node:crypto';
import { recordsVersion } from '../inspection/records.js';
import { announce } from './announce.js';
import { createApp } from './app.js';
import type { History } from './history.js';
import { listen } from './listen.js';
import { loadRecording } from './load-recording.js';
import type { Recording } from './open-recording.js';
import { resolveRecordingOptions, type PageOptions } from './options.js';
import { Pages } from './pages.js';
import { Services } from './services.js';
import { realTimers } from './timers.js';

/** Settings of the page of a recording; every one has a default. */
export type RecordingOptions = PageOptions;

/** A page on this machine that shows a recording. */
export interface RecordingPage {
  readonly url: string;
  /** Closes page and port; calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Shows a recording in a page as `startInspector` shows a program. Reads all of it first; keeps the process alive until
 * it is closed.
 * @throws TinkerError `validation` naming a wrong option, or saying what is wrong with the file; `connection` when the
 * port cannot be opened, or a file not be read
 */
export async function serveRecording(file: string, options: RecordingOptions = {}): Promise<RecordingPage> {
  const { maxBytes } = resolveRecordingOptions(options);
  const { recording, history } = await loadRecording(file, maxBytes);
  return await servePast(recording, history, options);
}

/** As {@link serveRecording}, of what was read already. */
export async function servePast(recording: Recording, history: History, options: RecordingOptions): Promise<RecordingPage> {
  const { host, port, log } = resolveRecordingOptions(options);
  const hello = { instance: randomUUID(), version: recordsVersion, source: 'file', file: recording.name, control: false } as const;
  const pages = new Pages();
  const source = { history, hello, timers: realTimers };
  const app = createApp({ source, pages, services: new Services(), token: undefined });
  const opened = await listen(app, { host, port, keepsAlive: true });
  announce(log, `tinkerjs inspector: ${opened.url} shows ${recording.name}`);
  let closed: Promise<void> | undefined;
  return {
    url: opened.url,
    close: () => {
      pages.closeAll();
      closed ??= opened.close();
      return closed;
    },
  };
}
