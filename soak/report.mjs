import Table from 'cli-table3';

/**
 * The figures of a run for people: what was alive at its beginning and at its end, and how much of it grew.
 */

/** @typedef {import('./measure/flat.mjs').Verdict} Verdict */
/** @typedef {import('./measure/series.mjs').Sample} Sample */
/** @typedef {{ samples: readonly Sample[], verdicts: Readonly<Record<string, Verdict>> }} Measured */

const names = new Map(
  Object.entries({
    heapUsed: 'heap in use, MB',
    rss: 'resident memory, MB',
    external: 'memory beside the heap, MB',
    arrayBuffers: 'buffers, MB',
    work: 'entries of the work tables',
    keepAlive: 'holds on the process',
    waiting: 'calls that are waited for',
    eventTypes: 'types of events that xstate keeps',
    actorObjects: 'actors in memory',
    actors: 'actors that run',
    timers: 'timers of the client',
    signalListeners: 'listeners on the shared signal',
    processListeners: 'listeners on the process',
    sockets: 'open connections',
    requestsUnderWay: 'requests under way',
    fileHandles: 'open file handles',
  }),
);
const bytes = new Set(['heapUsed', 'rss', 'external', 'arrayBuffers']);
const head = ['', 'first half, most', 'second half, most', 'growth over the run', 'allowed', '', 'over time'];

/** @param {Measured} measured @returns {string[][]} */
function rows({ samples, verdicts }) {
  return Object.entries(verdicts).map(([name, { first, second, growth, bound, flat }]) => {
    const isBytes = bytes.has(name);
    const show = (/** @type {number} */ value) => (isBytes ? (value / 1e6).toFixed(2) : String(Math.round(value * 10) / 10));
    const values = samples.map((sample) => sample.values[name] ?? 0);
    return [names.get(name) ?? name, show(first), show(second), show(growth), show(bound.growth), flat ? 'flat' : 'GROWS', line(values)];
  });
}

const levels = '▁▂▃▄▅▆▇█';

/** A line of the run, from nothing to the most. @param {readonly number[]} values */
function line(values) {
  const width = 25;
  const most = Math.max(...values, 1);
  const step = Math.max(1, values.length / width);
  const shown = Array.from({ length: Math.min(width, values.length) }, (_, at) => values[Math.floor(at * step)] ?? 0);
  return shown.map((value) => levels[Math.min(levels.length - 1, Math.floor((value / most) * levels.length))]).join('');
}

/** @param {Measured} measured */
export function terminalTable(measured) {
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'right', 'right', 'left', 'left'], style: { head: [], border: [] } });
  table.push(...rows(measured));
  return table.toString();
}

/** @param {Measured} measured */
export function markdownTable(measured) {
  const all = [head.slice(0, 6), ['---', '---:', '---:', '---:', '---:', '---'], ...rows(measured).map((row) => row.slice(0, 6))];
  return all.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** @typedef {Measured & { operations: number, seconds: number, hours?: number, done: number, rejected: object, afterClose: object }} Part */

/** What was done, in one line. @param {Part} part */
export function summary({ operations, seconds, hours, done, rejected }) {
  const where = hours === undefined ? 'over real connections' : `in ${hours.toFixed(1)} simulated hours`;
  const ends = Object.entries(rejected).map(([kind, count]) => `${count} ${kind}`);
  return `${operations} operations ${where}, in ${seconds.toFixed(0)} s: ${done} done, ${ends.join(', ')}`;
}

const nothingAfterClose = new Set(['timers', 'signalListeners', 'keepAlive', 'waiting', 'requestsUnderWay', 'sockets', 'fileHandles']);

/** What is wrong with a run; nothing where all is flat, and nothing is left. @param {Part} part @returns {string[]} */
export function complaintsOf({ verdicts, afterClose }) {
  const grows = Object.entries(verdicts).flatMap(([name, { flat }]) => (flat ? [] : [`${names.get(name) ?? name}: grows`]));
  const left = Object.entries(afterClose).flatMap(([name, count]) => {
    return nothingAfterClose.has(name) && count > 0 ? [`${names.get(name) ?? name}: ${count} after close()`] : [];
  });
  return [...grows, ...left];
}
