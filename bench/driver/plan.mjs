/**
 * How often each case is run. Short cases are run more often; the soak is long, and what it shows is seen in few runs.
 * Every round runs every client once.
 */
export const plan = {
  start: { rounds: 7 },
  'in-turn': { rounds: 5 },
  'at-once': { rounds: 5 },
  step: { rounds: 5 },
  'big-batch': { rounds: 5 },
  sample: { rounds: 3 },
  // The SDK would take minutes for all; its memory is settled after this share.
  soak: { rounds: 1, sdkScale: 0.5 },
};

/** @typedef {keyof typeof plan} CaseName */

/**
 * @param {readonly CaseName[]} cases
 * @param {{ rounds: number | undefined, scale: number }} wanted
 */
export function planned(cases, { rounds, scale }) {
  return cases.map((name) => {
    const usual = plan[name];
    const sdkScale = 'sdkScale' in usual ? usual.sdkScale : 1;
    return { name, rounds: rounds ?? usual.rounds, scaleOf: (client) => scale * (client.startsWith('sdk-') ? sdkScale : 1) };
  });
}
