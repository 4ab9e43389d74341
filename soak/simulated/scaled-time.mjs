/**
 * Real time that passes faster for the client: for what waits on real sockets, whose pauses would take most of a run.
 */
export class ScaledClock {
  /** @type {Set<unknown>} */
  #waiting = new Set();
  #scale;

  /** @param {number} scale */
  constructor(scale) {
    this.#scale = scale;
  }

  now() {
    return performance.now() * this.#scale;
  }

  /** How many timers wait. */
  get pending() {
    return this.#waiting.size;
  }

  /** @param {() => void} run @param {number} ms */
  setTimeout(run, ms) {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      run();
    }, ms / this.#scale);
    // As the client's own clock has them.
    timer.unref();
    this.#waiting.add(timer);
    return timer;
  }

  /** @param {NodeJS.Timeout | undefined} timer */
  clearTimeout(timer) {
    globalThis.clearTimeout(timer);
    this.#waiting.delete(timer);
  }

  /** Keeps the process running meanwhile. @param {number} ms @returns {Promise<void>} */
  pause(ms) {
    return new Promise((resolve) => {
      setTimeout(resolve, ms / this.#scale);
    });
  }
}
