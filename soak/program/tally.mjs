/**
 * Counts the operations of the program and how they end. Every call goes through here, so that what is planted for each
 * operation is planted here.
 */
export class Tally {
  operations = 0;
  done = 0;
  /** @type {Record<string, number>} */
  rejected = {};
  #plant;

  /** @param {(() => void) | undefined} [plant] is run for every operation */
  constructor(plant = () => undefined) {
    this.#plant = plant;
  }

  /**
   * Waits for an operation, whichever way it ends; gives its value, or undefined.
   * @template A
   * @param {PromiseLike<A>} operation
   * @param {number} [count] how many operations it stands for
   * @returns {Promise<A | undefined>}
   */
  async of(operation, count = 1) {
    for (let at = 0; at < count; at += 1) this.#plant();
    this.operations += count;
    try {
      const value = await operation;
      this.done += count;
      return value;
    } catch (thrown) {
      const kind = kindOf(thrown);
      this.rejected[kind] = (this.rejected[kind] ?? 0) + count;
      return undefined;
    }
  }

  /** @param {readonly PromiseLike<unknown>[]} operations */
  async all(operations) {
    await Promise.all(operations.map((operation) => this.of(operation)));
  }
}

/** @param {unknown} thrown */
function kindOf(thrown) {
  if (thrown instanceof Error && 'kind' in thrown && typeof thrown.kind === 'string') return thrown.kind;
  // Nothing but its own errors may come from the client.
  throw thrown;
}
