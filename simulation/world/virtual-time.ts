import { setImmediate as nextTurn } from 'node:timers';
import type { Environment } from '../../src/machines/environment.js';

interface Event {
  readonly at: number;
  /** Tells apart what is due at the same moment. */
  readonly order: number;
  readonly run: () => void;
  /** Whether the client waits for it, rather than the world around it. */
  readonly isClients: boolean;
  isOver: boolean;
}

/** Why time stopped. */
export type Stop = 'done' | 'nothing left' | 'too many events' | 'too long';

/**
 * The only time there is in a schedule: a queue of events. It stands still while anything that is ready can run, then goes to
 * the next event; so days take as long as what happens in them.
 */
export class VirtualTime {
  readonly clock: Environment['clock'] = {
    setTimeout: (run: () => void, ms: number) => this.#add(ms, run, true),
    clearTimeout: (timer: unknown) => {
      if (typeof timer === 'object' && timer !== null && 'isOver' in timer && timer.isOver === false) {
        timer.isOver = true;
        this.#clientTimers -= 1;
      }
    },
  };
  #now = 0;
  #wallOffset = Date.UTC(2030, 0, 1);
  #order = 0;
  #clientTimers = 0;
  #events = 0;
  readonly #heap: Event[] = [];
  #ready: (() => void)[] = [];

  get now(): number {
    return this.#now;
  }

  get wallNow(): number {
    return this.#wallOffset + Math.floor(this.#now);
  }

  /** Timers of the client that neither fired nor were cleared. */
  get clientTimers(): number {
    return this.#clientTimers;
  }

  get events(): number {
    return this.#events;
  }

  /** Has the world do something later; the returned function takes it back. */
  after(ms: number, run: () => void): () => void {
    const event = this.#add(ms, run, false);
    return () => {
      event.isOver = true;
    };
  }

  /** Runs as soon as nothing else is ready, as `setImmediate` does. */
  soon(run: () => void): void {
    this.#ready.push(run);
  }

  /** The clock on the wall is set; nothing else notices. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** The machine slept: everything that was due meanwhile is late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass until `isDone` says so, for so many events and until such a moment at most. */
  async run(isDone: () => boolean, limits: { readonly until: number; readonly events: number }): Promise<Stop> {
    const last = this.#events + limits.events;
    for (;;) {
      await settled();
      if (this.#ready.length > 0) {
        for (const run of this.#ready.splice(0)) run();
        continue;
      }
      if (isDone()) return 'done';
      const event = this.#next();
      if (event === undefined) return 'nothing left';
      if (event.at > limits.until) return 'too long';
      if (this.#events >= last) return 'too many events';
      this.#takeFirst();
      this.#events += 1;
      this.#now = Math.max(this.#now, event.at);
      event.isOver = true;
      if (event.isClients) this.#clientTimers -= 1;
      event.run();
    }
  }

  #add(ms: number, run: () => void, isClients: boolean): Event {
    const event = { at: this.#now + Math.max(0, ms), order: this.#order, run, isClients, isOver: false };
    this.#order += 1;
    if (isClients) this.#clientTimers += 1;
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfLater(parent, index)) break;
      index = parent;
    }
    return event;
  }

  /** The first event that nobody has taken back. */
  #next(): Event | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || !first.isOver) return first;
      this.#takeFirst();
    }
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      const smaller = right < heap.length && isBefore(heap[right], heap[left]) ? right : left;
      if (smaller >= heap.length || !this.#swapIfLater(index, smaller)) return;
      index = smaller;
    }
  }

  #swapIfLater(upper: number, lower: number): boolean {
    const above = this.#heap[upper];
    const below = this.#heap[lower];
    if (above === undefined || below === undefined || isBefore(above, below)) return false;
    this.#heap[upper] = below;
    this.#heap[lower] = above;
    return true;
  }
}

function isBefore(one: Event | undefined, other: Event | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** All promises that can settle have, once the event loop comes round: nothing here waits for anything outside of it. */
function settled(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}
