/** Medians and spreads. Few rounds are run, so a spread is all that was seen: from the lowest to the highest. */

/** @typedef {{ median: number, low: number, high: number }} Spread */

/**
 * The middle value; of an even number of values, the mean of the two in the middle.
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const above = sorted[Math.floor(middle)];
  const below = sorted[Math.ceil(middle) - 1];
  if (above === undefined || below === undefined) throw new Error('there is no median of no values');
  return (above + below) / 2;
}

/**
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * A spread in another unit. A change that turns high into low, as from seconds to a rate, turns the ends around.
 * @param {Spread} given
 * @param {(value: number) => number} convert
 * @returns {Spread}
 */
export function converted(given, convert) {
  const [one, other] = [convert(given.low), convert(given.high)];
  return { median: convert(given.median), low: Math.min(one, other), high: Math.max(one, other) };
}

/**
 * How much the memory grew over the second half of a run, relative to its middle; a process that takes what it needs
 * and keeps it shows about 0. Single samples depend on when garbage was last collected, so each end is the median of
 * a quarter of the samples.
 * @param {readonly { rssMB: number }[]} samples in the order in which they were taken
 */
export function growth(samples) {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const half = samples.slice(Math.floor(samples.length / 2)).map(({ rssMB }) => rssMB);
  return median(half.slice(-quarter)) / median(half.slice(0, quarter)) - 1;
}

/**
 * The order of a round: each client is first in turn, so that none always runs on a machine that another has warmed.
 * @template T
 * @param {readonly T[]} clients
 * @param {number} round from 0
 */
export function rotated(clients, round) {
  const from = round % Math.max(1, clients.length);
  return [...clients.slice(from), ...clients.slice(0, from)];
}
