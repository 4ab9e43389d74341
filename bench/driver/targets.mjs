/** What each case is to reach, as ratios within one run; no target is an absolute time. */

/** @typedef {import('./summary.mjs').ClientSummary} ClientSummary */
/** @typedef {Record<string, ClientSummary>} Clients */
/** @typedef {{ says: string, shows: string, value: number, atMost: number, met: boolean }} Check */

/** @param {number} value */
const times = (value) => `${value.toFixed(2)}×`;
/** @param {number} value */
const percent = (value) => `${value < 0 ? '−' : ''}${Math.abs(100 * value).toFixed(1)} %`;
/** @param {number} value */
const megabytes = (value) => `${value.toFixed(0)} MB`;

/** The smaller value of the SDK's transports. @param {Clients} clients @param {(client: ClientSummary) => number | undefined} of */
function leastOfSdk(clients, of) {
  const values = Object.entries(clients).flatMap(([name, client]) => (name.startsWith('sdk-') ? [of(client) ?? Infinity] : []));
  return values.length === 0 ? undefined : Math.min(...values);
}

/** @param {number | undefined} value @param {number | undefined} base */
const ratio = (value, base) => (value === undefined || base === undefined ? undefined : value / base);

/** @param {Clients} clients @param {string} name */
const seconds = (clients, name) => clients[name]?.seconds.median;

/** @param {Clients} clients */
const ofLimit = (clients) => ratio(seconds(clients, 'ours'), seconds(clients, 'limit'));
/** @param {Clients} clients */
const ofSdk = (clients) => ratio(seconds(clients, 'ours'), leastOfSdk(clients, (client) => client.seconds.median));

const halfTheLimit = { says: "at least half the limit's rate", value: ofLimit, atMost: 2, show: (value) => `${percent(1 / value)} of it` };
const queueShare = {
  says: 'queue alone at most 10 % of the CPU time',
  value: (clients) => ratio(clients.queue?.cpuSeconds.median, clients.ours?.cpuSeconds.median),
  atMost: 0.1,
  show: percent,
};

const targets = {
  // The queue alone is not judged here: it cannot be told from the start of Node and the loading of modules.
  start: [{ says: "at most a third of the SDK's time", value: ofSdk, atMost: 1 / 3, show: times }],
  'in-turn': [{ says: "at most 1.7× the limit's time", value: ofLimit, atMost: 1.7, show: times }, queueShare],
  'at-once': [halfTheLimit, queueShare],
  step: [halfTheLimit, queueShare],
  'big-batch': [
    halfTheLimit,
    { says: 'peak under 300 MB', value: ({ ours }) => ours?.peakRssMB.median, atMost: 300, show: megabytes },
    queueShare,
  ],
  sample: [halfTheLimit, queueShare],
  soak: [
    {
      says: "idle memory under the SDK's",
      value: (clients) => ratio(clients.ours?.soak?.idleMB.median, leastOfSdk(clients, ({ soak }) => soak?.idleMB.median)),
      atMost: 1,
      show: times,
    },
    {
      says: "memory at the end under the SDK's",
      value: (clients) => ratio(clients.ours?.soak?.endMB.median, leastOfSdk(clients, ({ soak }) => soak?.endMB.median)),
      atMost: 1,
      show: times,
    },
    { says: 'flat: at most 5 % more over the second half', value: ({ ours }) => ours?.soak?.growth, atMost: 0.05, show: percent },
    queueShare,
  ],
};

/**
 * The targets of a case that can be judged with the clients that were measured.
 * @param {string} name
 * @param {Clients} clients
 * @returns {Check[]}
 */
export function checksOf(name, clients) {
  return targets[name].flatMap(({ says, value: measured, atMost, show }) => {
    const value = measured(clients);
    return value === undefined ? [] : [{ says, shows: show(value), value, atMost, met: value <= atMost }];
  });
}
