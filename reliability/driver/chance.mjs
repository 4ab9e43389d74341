/**
 * Chance that a seed decides wholly, so that what went wrong once can be tried again.
 * @typedef {object} Chance
 * @property {() => number} next uniform in [0, 1)
 * @property {(least: number, most: number) => number} whole a whole number, both ends included
 * @property {(share: number) => boolean} is true in that share of cases
 * @property {<T>(values: readonly [T, ...T[]]) => T} one any of them
 * @property {<T>(values: readonly [readonly [number, T], ...(readonly [number, T])[]]) => T} weighted any of them, by weight
 */

/**
 * @param {number} seed
 * @param {number} stream each has numbers of its own
 * @returns {Chance}
 */
export function chanceOf(seed, stream) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  /** @type {Chance['whole']} */
  const whole = (least, most) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    is: (share) => next() < share,
    one: (values) => values[whole(0, values.length - 1)] ?? values[0],
    weighted: (values) => {
      let left = next() * values.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of values) {
        left -= weight;
        if (left < 0) return value;
      }
      return values[0][1];
    },
  };
}
