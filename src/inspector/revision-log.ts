/** Something that is written again and again: its revision grows whenever it is, and is negative once it is let go. */
export interface Revised {
  revision: number;
}

/** How many places may be stale beyond as many as were in use. */
const spare = 1024;

/** Things in the order in which they were last written. A place is stale once its thing was written again. */
export class RevisionLog<T extends Revised> {
  #things: T[] = [];
  #revisions: number[] = [];
  #head = 0;
  #limit = spare;

  /** Notes that it was written, under its present revision, which must be the highest so far. */
  add(thing: T): void {
    if (this.#things.length >= this.#limit) this.#tidy();
    this.#things.push(thing);
    this.#revisions.push(thing.revision);
  }

  /** The first things that were written after a revision, each once; at most so many. */
  after(revision: number, most: number): T[] {
    const found: T[] = [];
    for (let place = this.#placeAfter(revision); place < this.#things.length && found.length < most; place += 1) {
      const thing = this.#things[place];
      if (thing !== undefined && thing.revision === this.#revisions[place]) found.push(thing);
    }
    return found;
  }

  /** Takes out what was not written for the longest time. */
  takeOldest(): T | undefined {
    for (; this.#head < this.#things.length; this.#head += 1) {
      const thing = this.#things[this.#head];
      if (thing?.revision !== this.#revisions[this.#head]) continue;
      this.#head += 1;
      return thing;
    }
    return undefined;
  }

  /** The first place with a revision above this one. */
  #placeAfter(revision: number): number {
    let low = this.#head;
    let high = this.#revisions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#revisions[middle] ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #tidy(): void {
    const things: T[] = [];
    const revisions: number[] = [];
    for (let place = this.#head; place < this.#things.length; place += 1) {
      const thing = this.#things[place];
      const revision = this.#revisions[place];
      if (thing === undefined || revision === undefined || thing.revision !== revision) continue;
      things.push(thing);
      revisions.push(revision);
    }
    this.#things = things;
    this.#revisions = revisions;
    this.#head = 0;
    this.#limit = 2 * things.length + spare;
  }
}
