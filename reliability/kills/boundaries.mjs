/**
 * Where a process may be killed: moments with names, counted as they come.
 * @typedef {{ name: string, nth: number }} Target the moment at which it is killed
 */

/** Kills its own process at one moment, as nothing else could: not a line of it runs afterwards. */
export class Boundaries {
  /** @type {Map<string, number>} */
  #reached = new Map();
  #target;

  /** @param {Target | undefined} target undefined: never */
  constructor(target) {
    this.#target = target;
  }

  /** The moment has come. @param {string} name */
  reach(name) {
    const isLast = this.isLast(name);
    this.#reached.set(name, (this.#reached.get(name) ?? 0) + 1);
    if (isLast) process.kill(process.pid, 'SIGKILL');
  }

  /** Whether the process will not outlive the next moment of that name. @param {string} name */
  isLast(name) {
    return this.#target?.name === name && this.#target.nth === (this.#reached.get(name) ?? 0) + 1;
  }

  /** How often each moment came. */
  counts() {
    return Object.fromEntries(this.#reached);
  }
}
