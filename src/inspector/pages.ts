import type { Timers } from './timers.js';

/** A page that is open, as its server sees it. */
export interface Page {
  /** Aborted when either side goes. */
  readonly gone: AbortSignal;
  /** It has taken everything up to this revision. */
  took(revision: number): void;
  /** It has gone, or is to go. */
  close(): void;
}

/** The pages that are open. */
export class Pages {
  readonly #open = new Map<Page, number>();
  readonly #waiting = new Set<() => void>();

  /** A page comes. */
  open(): Page {
    const controller = new AbortController();
    const page: Page = {
      gone: controller.signal,
      took: (revision) => {
        if (this.#open.has(page)) this.#open.set(page, revision);
        this.#look();
      },
      close: () => {
        this.#open.delete(page);
        controller.abort();
        this.#look();
      },
    };
    this.#open.set(page, 0);
    return page;
  }

  /** Sends all away. */
  closeAll(): void {
    for (const page of this.#open.keys()) page.close();
  }

  /** Waits until every page has taken what there is up to a revision, but not longer than so many milliseconds. */
  async caughtUp(revision: number, ms: number, timers: Timers): Promise<void> {
    const done = new AbortController();
    const look = (): void => {
      if ([...this.#open.values()].every((taken) => taken >= revision)) done.abort();
    };
    this.#waiting.add(look);
    look();
    await timers.wait(ms, done.signal);
    this.#waiting.delete(look);
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
