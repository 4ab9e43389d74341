import type { History } from './history.js';
import type { Page } from './pages.js';
import type { Heartbeat, Hello } from './protocol.js';
import type { Timers } from './timers.js';

/** An event for a page. */
export interface PageEvent {
  readonly event: 'hello' | 'records' | 'dropped' | 'heartbeat';
  /** JSON. */
  readonly data: string;
  /** Where a page that comes back goes on. */
  readonly id?: string;
}

/** Most records of one event. */
const mostRecords = 500;
/** Milliseconds that news are gathered for. */
const gatherMs = 100;
/** Milliseconds of silence after which a page is told that all is well. */
const heartbeatMs = 5000;

/** What a feed is made of. */
export interface FeedSource {
  readonly history: History;
  /** What a page is told first, but for what changes. */
  readonly hello: Omit<Hello, 'dropped'>;
  readonly timers: Timers;
}

/**
 * The events for one page, made when it takes them: a page that reads slowly costs nothing but its revision, and is told
 * the newest states. What was kept before it came follows without pauses. Ends when the page goes.
 * @param lastEventId of the last event that the page saw, from whatever inspector; undefined for a new page
 */
export async function* feed(source: FeedSource, page: Page, lastEventId: string | undefined): AsyncGenerator<PageEvent> {
  const { history, hello, timers } = source;
  let revision = revisionIn(lastEventId, hello.instance, history.revision);
  let { dropped } = history;
  yield { event: 'hello', data: JSON.stringify({ ...hello, dropped } satisfies Hello) };
  while (!page.gone.aborted) {
    const changed = history.after(revision, mostRecords);
    // The newest change may be of what was let go since.
    const isAll = changed.length < mostRecords;
    revision = isAll ? history.revision : (changed.at(-1)?.revision ?? revision);
    if (changed.length > 0) {
      yield { event: 'records', data: `[${changed.map(({ json }) => json).join(',')}]`, id: `${hello.instance}-${revision}` };
    }
    if (history.dropped !== dropped) {
      dropped = history.dropped;
      yield { event: 'dropped', data: JSON.stringify(dropped) };
    }
    page.took(revision);
    if (!isAll) continue;
    if (changed.length > 0) await timers.wait(gatherMs, page.gone);
    if (history.revision !== revision) continue;
    if ((await nextIn(source, page.gone)) === 'silence') yield { event: 'heartbeat', data: JSON.stringify({ at: timers.now() } satisfies Heartbeat) };
  }
}

/** Waits for a change, or until a heartbeat is due. */
async function nextIn({ history, timers }: FeedSource, gone: AbortSignal): Promise<'change' | 'end' | 'silence'> {
  const waiting = new AbortController();
  const wake = (): void => waiting.abort();
  const before = history.revision;
  const stop = history.onChange(wake);
  gone.addEventListener('abort', wake, { once: true });
  if (gone.aborted) wake();
  await timers.wait(heartbeatMs, waiting.signal);
  gone.removeEventListener('abort', wake);
  stop();
  if (gone.aborted) return 'end';
  return history.revision === before ? 'silence' : 'change';
}

/** A page of another inspector, or with an id that cannot be ours, begins anew. */
function revisionIn(lastEventId: string | undefined, instance: string, newest: number): number {
  const [, of, digits] = /^(.+)-(\d+)$/.exec(lastEventId ?? '') ?? [];
  const revision = Number(digits);
  return of === instance && revision <= newest ? revision : 0;
}
