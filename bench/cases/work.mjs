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
 * What the command line asks for: `CASE --url URL [--scale F] [--transport NAME]`.
 */
export function asked() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: '' },
      scale: { type: 'string', default: '1' },
      transport: { type: 'string', default: 'undici' },
    },
  });
  const name = positionals[0];
  if (!isCase(name)) throw new Error(`which case? one of ${Object.keys(work.cases).join(', ')}`);
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error('--scale takes a number above 0');
  return { name, url: values.url, transport: values.transport, settings: scaledBy(work.cases[name], scale) };
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
