/**
 * Data of so many datums of four tokens each, as the model server takes them all to be.
 * @param {import('../internals.mjs').Internals} internals
 * @returns {(number: number) => import('../../src/index.js').Datum[]}
 */
export function batches({ ModelInput }) {
  return (number) =>
    Array.from({ length: number }, (_, at) => ({
      modelInput: ModelInput.fromInts([at, 1, 2, 3]),
      lossFnInputs: { target_tokens: [1, 2, 3, 4], weights: [1, 1, 1, 1] },
    }));
}

/** Counts what a service tells its user, by the name of the callback. */
export function listening() {
  /** @type {Record<string, number>} */
  const heard = {};
  const hear = (/** @type {string} */ name) => () => {
    heard[name] = (heard[name] ?? 0) + 1;
  };
  return { heard, callbacks: { onError: hear('onError'), onSessionAtRisk: hear('onSessionAtRisk'), onSessionLost: hear('onSessionLost') } };
}
