/** What a client has to ask for to do a case; how it opens its session, and what it reports, is its own affair. */
const workPaths = ['forward_backward', 'forward', 'optim_step', 'save_weights', 'load_weights', 'asample', 'retrieve_future'];

/** Bodies of the same work may differ by names and spaces in JSON, not by more. */
const bytesTolerance = 0.1;
const leastBytes = 100_000;

/**
 * Says how the work of clients differs, as the server saw it: then their times must not be compared.
 * @param {ReadonlyMap<string, readonly import('./run-once.mjs').Run[]>} runsOf runs by the client's name
 * @returns {string[]} one line a difference
 */
export function differencesOf(runsOf) {
  const all = [...runsOf].flatMap(([client, runs]) => runs.map((run) => ({ client, ...run })));
  /** @type {Map<number, (typeof all)[number]>} */
  const firsts = new Map();
  const found = new Set();
  for (const run of all) {
    const first = firsts.get(run.scale);
    if (first === undefined) {
      firsts.set(run.scale, run);
      continue;
    }
    for (const path of workPaths) {
      const [expected, given] = [first, run].map(({ served }) => served.requests[`/api/v1/${path}`] ?? 0);
      if (expected !== given) found.add(`${run.client} asked for ${path} ${given} times, ${first.client} ${expected} times`);
    }
    const [expected, given] = [first.served.bytesIn, run.served.bytesIn];
    if (Math.max(expected, given) > leastBytes && Math.abs(given / expected - 1) > bytesTolerance) {
      found.add(`${run.client} sent ${given} bytes, ${first.client} ${expected}`);
    }
  }
  return [...found];
}
