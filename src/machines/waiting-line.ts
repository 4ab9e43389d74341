// Copying fewer than this at a time would not be worth it.
const fewest = 32;

const mostShown = 100;

/**
 * What waits, in order. A line never changes: adding and taking give a new one, at the same cost however
 * long it is, since lines that come from one another share their memory.
 */
export class WaitingLine<A> {
  readonly #store: A[];
  readonly #start: number;
  readonly #end: number;

  /** @param store becomes the line's own */
  constructor(store: A[] = [], start = 0, end = store.length) {
    this.#store = store;
    this.#start = start;
    this.#end = end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Who is next; undefined when nobody waits. */
  get first(): A | undefined {
    return this.#end > this.#start ? this.#store[this.#start] : undefined;
  }

  /** With one more at its end. */
  added(item: A): WaitingLine<A> {
    // The place after the end is taken where this line was added to before.
    const isLatest = this.#end === this.#store.length;
    const store = isLatest ? this.#store : this.#items();
    store.push(item);
    return new WaitingLine(store, isLatest ? this.#start : 0);
  }

  /** Without the first. */
  rest(): WaitingLine<A> {
    const start = Math.min(this.#start + 1, this.#end);
    const left = new WaitingLine(this.#store, start, this.#end);
    // What was taken is let go once it is half of all: so each item is copied about once.
    return start >= fewest && start * 2 >= this.#end ? new WaitingLine(left.#items()) : left;
  }

  /** Without one of those that wait. */
  without(item: A): WaitingLine<A> {
    return item === this.first ? this.rest() : new WaitingLine(this.#items().filter((other) => other !== item));
  }

  /** The first that is asked for; undefined when there is none. */
  find(isIt: (item: A) => boolean): A | undefined {
    const at = this.#store.findIndex((item, index) => index >= this.#start && index < this.#end && isIt(item));
    return at < 0 ? undefined : this.#store[at];
  }

  [Symbol.iterator](): Iterator<A> {
    return this.#items()[Symbol.iterator]();
  }

  /** What inspection shows: the first of them, since it is written down anew at every event. */
  toJSON(): { readonly waiting: number; readonly first: readonly A[] } {
    const last = Math.min(this.#end, this.#start + mostShown);
    return { waiting: this.length, first: this.#store.slice(this.#start, last) };
  }

  #items(): A[] {
    return this.#store.slice(this.#start, this.#end);
  }
}
