import { handles, resources } from './counts.mjs';
import { judge } from './flat.mjs';
import { collectGarbage, memory } from './memory.mjs';

/** @typedef {import('./flat.mjs').Bound} Bound */
/** @typedef {import('./flat.mjs').Verdict} Verdict */
/** @typedef {{ operations: number, seconds: number, values: Record<string, number> }} Sample */

const megabyte = 1_000_000;

/**
 * Bounds by name of what is measured, for a run of so many operations. Counts may differ by what happens to be under
 * way at the moment of a sample; memory by what the collector and the compiler leave.
 * @param {string} name
 * @param {number} operations
 * @returns {Bound}
 */
export function boundOf(name, operations) {
  if (name === 'rss') return { growth: 8 * megabyte + 40 * operations, step: 16 * megabyte + 40 * operations };
  // What rare events bring V8 to compile counts here too, about a megabyte over a run.
  if (name === 'heapUsed') return { growth: 2 * megabyte + 3 * operations, step: 2 * megabyte + 3 * operations };
  if (name === 'external' || name === 'arrayBuffers') return { growth: megabyte, step: 2 * megabyte };
  // There are so many types, and rare ones come late; named after operations, they would be thousands.
  if (name === 'eventTypes') return { growth: 12, step: 12 };
  return { growth: 3, step: 3 };
}

/** What was measured over a run. */
export class Series {
  /** @type {Sample[]} */
  samples = [];
  #counts;
  #startedAt = performance.now();

  /** @param {() => Record<string, number>} counts of what is alive, to be asked after the garbage was collected */
  constructor(counts) {
    this.#counts = counts;
  }

  /** @param {number} operations done so far */
  async take(operations) {
    await collectGarbage();
    /** @type {Record<string, number>} */
    const kinds = {};
    for (const [kind, count] of Object.entries(resources())) kinds[`resource ${kind}`] = count;
    const values = { ...memory(), ...this.#counts(), ...kinds, ...handles() };
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.samples.push({ operations, seconds, values });
  }

  /** @returns {Record<string, Verdict>} by name of what was measured */
  verdicts() {
    const names = new Set(this.samples.flatMap(({ values }) => Object.keys(values)));
    const end = this.samples.at(-1)?.operations ?? 0;
    return Object.fromEntries(
      [...names].map((name) => {
        // What is not listed at a moment is not there.
        const points = this.samples.map(({ operations, values }) => ({ at: operations, value: values[name] ?? 0 }));
        return [name, judge(points, boundOf(name, end))];
      }),
    );
  }
}
