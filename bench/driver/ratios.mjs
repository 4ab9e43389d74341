/** @typedef {import('./summary.mjs').ClientSummary} ClientSummary */

/** @param {ClientSummary | undefined} client @param {ClientSummary | undefined} base */
function ofCpu(client, base) {
  return client === undefined || base === undefined ? undefined : client.cpuSeconds.median / base.cpuSeconds.median;
}

/** By the best rounds: what else the machine does only ever adds to the time. @param {ClientSummary | undefined} client @param {ClientSummary | undefined} base */
function ofTime(client, base) {
  return client === undefined || base === undefined ? undefined : client.seconds.low / base.seconds.low;
}

/** What a change must not make much worse, each within one run. @type {Record<string, { says: string, of: (clients: Record<string, ClientSummary>) => number | undefined }>} */
const guarded = {
  cpuOfLimit: { says: "our CPU time by the limit's", of: ({ ours, limit }) => ofCpu(ours, limit) },
  timeOfLimit: { says: "our time by the limit's", of: ({ ours, limit }) => ofTime(ours, limit) },
  queueShare: { says: 'CPU time of the queue alone by ours', of: ({ queue, ours }) => ofCpu(queue, ours) },
};

/**
 * The ratios of a case against the most that they may be. One that was not measured, for want of a client, is left out.
 * @param {Record<string, ClientSummary>} clients
 * @param {Record<string, number>} bounds by the ratio's name
 * @returns {{ says: string, value: number, atMost: number, kept: boolean }[]}
 */
export function judged(clients, bounds) {
  return Object.entries(guarded).flatMap(([name, { says, of }]) => {
    const value = of(clients);
    const atMost = bounds[name];
    return value === undefined || atMost === undefined ? [] : [{ says, value, atMost, kept: value <= atMost }];
  });
}
