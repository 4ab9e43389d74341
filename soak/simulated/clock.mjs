/**
 * Simulated time as a heap of timers, so that a day of them is soon passed. What is cleared is taken out at once: a
 * clock that keeps what is over would look like a leak of the client.
 */

/** @typedef {{ run: () => void, at: number, order: number, place: number }} Timer */

export class SoakClock {
  /** @type {Timer[]} */
  #heap = [];
  #now = 0;
  #order = 0;

  now() {
    return this.#now;
  }

  /** How many timers wait. */
  get pending() {
    return this.#heap.length;
  }

  /** @param {() => void} run @param {number} ms @returns {Timer} */
  setTimeout(run, ms) {
    this.#order += 1;
    const timer = { run, at: this.#now + Math.max(0, ms), order: this.#order, place: this.#heap.length };
    this.#heap.push(timer);
    this.#rise(timer);
    return timer;
  }

  /** @param {Timer | undefined} timer */
  clearTimeout(timer) {
    if (timer === undefined || timer.place < 0) return;
    const last = this.#heap.pop();
    const { place } = timer;
    timer.place = -1;
    if (last === undefined || last === timer) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  /** Resolves after that long. @param {number} ms @returns {Promise<void>} */
  pause(ms) {
    return new Promise((resolve) => {
      this.setTimeout(resolve, ms);
    });
  }

  /** Goes on to the moment of the next timer, and fires all of that moment. Gives whether there was one. */
  next() {
    const [first] = this.#heap;
    if (first === undefined) return false;
    this.#now = first.at;
    for (;;) {
      const [due] = this.#heap;
      if (due === undefined || due.at > this.#now) return true;
      this.clearTimeout(due);
      due.run();
    }
  }

  /** @param {Timer} timer @param {number} place */
  #put(timer, place) {
    this.#heap[place] = timer;
    timer.place = place;
  }

  /** @param {Timer} timer */
  #rise(timer) {
    for (;;) {
      const above = (timer.place - 1) >> 1;
      const parent = this.#heap[above];
      if (timer.place === 0 || parent === undefined || !isBefore(timer, parent)) return;
      this.#put(parent, timer.place);
      this.#put(timer, above);
    }
  }

  /** @param {Timer} timer */
  #sink(timer) {
    for (;;) {
      const [left, right] = [this.#heap[2 * timer.place + 1], this.#heap[2 * timer.place + 2]];
      const least = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (least === undefined || !isBefore(least, timer)) return;
      const { place } = least;
      this.#put(least, timer.place);
      this.#put(timer, place);
    }
  }
}

/** @param {Timer} one @param {Timer} other */
function isBefore(one, other) {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
