/** Numbers that look like chance and are the same in every run. */
export class Chance {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next = () => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** Whether something of this probability happens. @param {number} share */
  happens(share) {
    return this.next() < share;
  }

  /** @param {number} from @param {number} to not included */
  whole(from, to) {
    return from + Math.floor(this.next() * (to - from));
  }

  /**
   * One of them, more often where its weight is larger.
   * @template A
   * @param {readonly (readonly [A, number])[]} weighted
   * @returns {A}
   */
  pick(weighted) {
    let left = this.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of weighted) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error('nothing to pick from');
  }
}
