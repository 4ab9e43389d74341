import { converted } from './statistics.mjs';

/** @typedef {import('./statistics.mjs').Spread} Spread */
/** @typedef {import('./summary.mjs').ClientSummary} ClientSummary */

/** A datum's token in the body: itself in 4 bytes, its target in 8, its weight in 4. */
const bytesPerToken = 16;

/** How each case is best told: the unit of its time in charts, and the measure of its table. */
export const told = {
  start: { title: 'start to the first completed save', scale: 1, unit: 's', digits: 2 },
  'in-turn': { title: 'save or load, in turn', scale: 1e3, unit: 'ms', digits: 2 },
  'at-once': { title: 'saves and loads at once', scale: 1e3, unit: 'ms', digits: 2, rate: { unit: '/s', per: () => 1 } },
  step: { title: 'step of 64 × 512 tokens', scale: 1e3, unit: 'ms', digits: 2 },
  'big-batch': {
    title: 'batch of 2,000 × 2,000 tokens',
    scale: 1e3,
    unit: 'ms',
    digits: 0,
    rate: { unit: ' MB/s', per: (work, scale) => (Math.round(work.datums * scale) * work.tokens * bytesPerToken) / 1e6 },
  },
  sample: { title: 'sample, 400 in flight', scale: 1e3, unit: 'ms', digits: 2, rate: { unit: '/s', per: () => 1 } },
  soak: { title: 'long run', scale: 1e3, unit: 'ms', digits: 2 },
};

/** @param {number} value @param {number} digits */
export function number(value, digits) {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Digits after the point that leave three or four in all. @param {number} value */
function digitsFor(value) {
  return value >= 100 ? 0 : value >= 10 ? 1 : 2;
}

/**
 * A spread in two lines: the median with its unit, and from the lowest to the highest where there was more than one.
 * @param {Spread} given
 * @param {string} unit
 * @param {number} [digits] after the point; as many as the median's size asks for, unless told
 */
export function lines(given, unit, digits = digitsFor(given.median)) {
  const [middle, low, high] = [given.median, given.low, given.high].map((value) => number(value, digits));
  return given.low === given.high ? [`${middle}${unit}`] : [`${middle}${unit}`, `${low}–${high}`];
}

/**
 * A client's speed in a case, in the measure that tells it best.
 * @param {string} name of the case
 * @param {Record<string, number>} work its parameters
 * @param {ClientSummary} client
 */
export function speed(name, work, client) {
  const { scale, unit, rate } = told[name];
  if (rate === undefined) return lines(converted(client.seconds, (seconds) => seconds * scale), ` ${unit}`);
  const amount = rate.per(work, client.scale);
  return lines(converted(client.seconds, (seconds) => amount / seconds), rate.unit, 0);
}
