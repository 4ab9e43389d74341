import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** @typedef {'start' | 'in-turn' | 'at-once' | 'step' | 'big-batch' | 'sample' | 'soak'} CaseName */

/**
 * @typedef {object} Case
 * @property {string} says
 * @property {number} operations
 * @property {number} warmUp operations before the measured ones
 * @property {number} ahead operations handed over before the first is awaited
 * @property {number} datums
 * @property {number} warmUpDatums
 * @property {number} tokens in each datum
 * @property {number} promptTokens
 * @property {number} maxTokens
 * @property {number} every operations between two looks at the memory
 * @property {number} idleMs
 * @property {readonly string[]} scaled
 */

/**
 * @typedef {object} Work
 * @property {string} baseModel
 * @property {number} rank
 * @property {number} vocabulary
 * @property {'cross_entropy'} lossFn
 * @property {number} learningRate
 * @property {Record<CaseName, Case>} cases
 */

/** @type {Work} */
export const work = JSON.parse(readFileSync(new URL('../work.json', import.meta.url), 'utf8'));

const scaledToo = ['warmUp', 'warmUpDatums'];

/**
 * What the command line asks for: `CASE --url URL [--scale F]`, and options of the program's own.
 * @param {Record<string, { type: 'string', default: string }>} [own]
 */
export function asked(own = {}) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string', default: '' }, scale: { type: 'string', default: '1' }, ...own },
  });
  const name = positionals[0];
  if (!isCase(name)) throw new Error(`which case? one of ${Object.keys(work.cases).join(', ')}`);
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error('--scale takes a number above 0');
  return { name, url: String(values.url), settings: scaledBy(work.cases[name], scale), values };
}

/** @param {string | undefined} name @returns {name is CaseName} */
function isCase(name) {
  return name !== undefined && Object.hasOwn(work.cases, name);
}

/** @param {Case} settings @param {number} scale @returns {Case} */
function scaledBy(settings, scale) {
  const changed = Object.entries(settings).map(([name, value]) =>
    typeof value === 'number' && (settings.scaled.includes(name) || scaledToo.includes(name))
      ? [name, Math.max(1, Math.round(value * scale))]
      : [name, value],
  );
  return { ...settings, ...Object.fromEntries(changed) };
}
