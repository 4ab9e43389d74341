/**
 * Whether a series is flat: what is there at the end of a long run must be what was there soon after its beginning. The
 * first tenth is left out, in which code is compiled, and tables find their size.
 */

/** @typedef {{ at: number, value: number }} Point */

/**
 * How much a series may grow over the rest: `growth` by the slope of a least-squares line, `step` from the most in
 * the first half to the most in the second.
 * @typedef {{ growth: number, step: number }} Bound
 */

/** @typedef {{ flat: boolean, slope: number, growth: number, first: number, second: number, bound: Bound }} Verdict */

const warmUp = 0.25;

/**
 * @param {readonly Point[]} points by operations done
 * @param {Bound} bound
 * @returns {Verdict}
 */
export function judge(points, bound) {
  const end = points.at(-1)?.at ?? 0;
  const judged = points.filter(({ at }) => at >= end * warmUp);
  const middle = end * ((1 + warmUp) / 2);
  const slope = slopeOf(judged);
  const growth = slope * end * (1 - warmUp);
  const first = most(judged.filter(({ at }) => at <= middle));
  const second = most(judged.filter(({ at }) => at > middle));
  return { flat: growth <= bound.growth && second - first <= bound.step, slope, growth, first, second, bound };
}

/** Of a least-squares line, in units for each operation. @param {readonly Point[]} points */
export function slopeOf(points) {
  const mean = (/** @type {(point: Point) => number} */ of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = mean((point) => point.at);
  const value = mean((point) => point.value);
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / spread;
}

/** @param {readonly Point[]} points */
function most(points) {
  return Math.max(...points.map(({ value }) => value));
}
