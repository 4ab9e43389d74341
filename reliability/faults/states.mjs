import { createHash } from 'node:crypto';

/** @typedef {import('./calls.mjs').Item} Item */

/**
 * The names of the states that saves keep, by item: the same for the same work on the same beginnings.
 * @param {string} base the name of the state that was begun with; empty: a new model
 * @param {readonly Item[]} items
 */
export function statesOf(base, items) {
  const hash = createHash('sha256').update(base);
  return items.map((item) => {
    hash.update(JSON.stringify(item));
    return item.does === 'save' ? hash.copy().digest('hex').slice(0, 16) : '';
  });
}
