/**
 * What goes wrong, by kind and share: a few percent of all requests together. Faults that a client must get over by
 * itself; those that end an operation are ordered by the program, which knows what to expect of them.
 */

/**
 * - `lost`: no answer, and nothing was done; `unheard`: no answer, though it was done
 * - `half`: the answer breaks off; `garbled`: an answer of 200 that is not JSON
 * - `stalled`: no answer at all, until the client gives up
 * @typedef {'none' | 'lost' | 'unheard' | 'half' | 'garbled' | 'stalled' | 408 | 425 | 429 | 500 | 502 | 503} Fault
 */

/** @type {readonly (readonly [Fault, number])[]} */
const ofSubmits = [
  ['none', 0.97],
  ['lost', 0.006],
  ['unheard', 0.006],
  ['half', 0.003],
  ['garbled', 0.003],
  ['stalled', 0.0005],
  [408, 0.002],
  [425, 0.001],
  [429, 0.003],
  [500, 0.002],
  [502, 0.002],
  [503, 0.0015],
];

/** @type {readonly (readonly [Fault, number])[]} */
const ofPolls = [
  ['none', 0.965],
  ['lost', 0.008],
  ['unheard', 0.004],
  ['half', 0.004],
  ['garbled', 0.002],
  ['stalled', 0.0005],
  [408, 0.008],
  [429, 0.002],
  [500, 0.003],
  [502, 0.002],
  [503, 0.0015],
];

/** @param {string} endpoint @returns {readonly (readonly [Fault, number])[]} */
export function faultsOf(endpoint) {
  return endpoint === 'retrieve_future' ? ofPolls : ofSubmits;
}
