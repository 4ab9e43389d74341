import { fileURLToPath } from 'node:url';

/** @param {string} name */
const program = (name) => fileURLToPath(new URL(`../cases/${name}`, import.meta.url));

/**
 * @typedef {object} Client
 * @property {'ours' | 'sdk-pyqwest' | 'sdk-httpx' | 'limit' | 'queue'} name
 * @property {string} label for tables and charts
 * @property {string} command
 * @property {readonly string[]} args before the case's name
 * @property {readonly string[]} [more] after it
 */

/** @type {readonly Client[]} */
const node = [
  { name: 'ours', label: 'tinkerjs', command: process.execPath, args: [program('ours.mjs')] },
  { name: 'limit', label: 'raw limit', command: process.execPath, args: [program('limit.mjs')] },
  { name: 'queue', label: 'queue alone', command: process.execPath, args: [program('queue.mjs')] },
];

/**
 * Everything that can be measured here.
 * @param {string | undefined} python of an environment that has the SDK
 * @returns {readonly Client[]}
 */
export function clientsWith(python) {
  if (python === undefined) return node;
  /** @param {'pyqwest' | 'httpx'} transport @returns {Client} */
  const sdk = (transport) => ({
    name: `sdk-${transport}`,
    label: `SDK, ${transport}`,
    command: python,
    args: [program('sdk.py')],
    more: ['--transport', transport],
  });
  return [...node.slice(0, 1), sdk('pyqwest'), sdk('httpx'), ...node.slice(1)];
}
