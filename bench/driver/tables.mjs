import Table from 'cli-table3';
import { converted } from './statistics.mjs';
import { lines, number, speed } from './units.mjs';

/** @typedef {import('./summary.mjs').CaseSummary} CaseSummary */
/** @typedef {{ title: string, head: string[], rows: (string | string[])[][] }} Tabled a cell of several lines is an array */

const columns = [
  ['ours', 'tinkerjs'],
  ['sdk-pyqwest', 'SDK, pyqwest'],
  ['sdk-httpx', 'SDK, httpx'],
  ['limit', 'raw limit'],
];

const queue = ['queue', 'queue alone'];

/**
 * Everything that was measured.
 * @param {readonly CaseSummary[]} summaries
 * @param {{ cases: Record<string, Record<string, number>> }} work
 * @returns {Tabled[]}
 */
export function tablesOf(summaries, work) {
  const present = columns.filter(([client]) => summaries.some(({ clients }) => clients[client] !== undefined));
  const hasSdk = present.some(([client]) => client.startsWith('sdk-'));
  const timed = summaries.filter(({ name }) => name !== 'soak');
  const soaked = summaries.filter(({ name }) => name === 'soak');
  return [
    speeds(timed, work, present, hasSdk),
    resources('CPU time of one operation', timed, [...present, queue], ({ cpuSeconds }) => lines(converted(cpuSeconds, (seconds) => seconds * 1e3), ' ms')),
    resources('Peak memory', timed, present, ({ peakRssMB }) => lines(peakRssMB, ' MB', 0)),
    soaks(soaked, present),
    checks(summaries),
  ].filter(({ rows }) => rows.length > 0);
}

/**
 * @param {readonly CaseSummary[]} summaries
 * @param {{ cases: Record<string, Record<string, number>> }} work
 * @param {string[][]} present
 * @param {boolean} hasSdk
 * @returns {Tabled}
 */
function speeds(summaries, work, present, hasSdk) {
  return {
    title: 'Speed: the median, and below it the range of the rounds',
    head: ['case', ...present.map(([, label]) => label), ...(hasSdk ? ['faster than the SDK'] : []), "of the limit's time"],
    rows: summaries.map(({ name, clients, differences }) => [
      name,
      ...present.map(([client]) => (clients[client] === undefined ? '' : speed(name, work.cases[name], clients[client]))),
      ...(hasSdk ? [differences.length > 0 ? 'unlike work' : faster(clients)] : []),
      differences.length > 0 ? 'unlike work' : share(clients),
    ]),
  };
}

/** @param {CaseSummary['clients']} clients */
function faster(clients) {
  return ['sdk-pyqwest', 'sdk-httpx'].flatMap((name) => {
    const [sdk, ours] = [clients[name], clients.ours].map((client) => client?.seconds.median);
    return sdk === undefined || ours === undefined ? [] : [`${number(sdk / ours, 1)}× ${name.slice(4)}`];
  });
}

/** @param {CaseSummary['clients']} clients */
function share({ ours, limit }) {
  return ours === undefined || limit === undefined ? '' : `${number(ours.seconds.median / limit.seconds.median, 2)}×`;
}

/**
 * @param {string} title
 * @param {readonly CaseSummary[]} summaries
 * @param {string[][]} present
 * @param {(client: import('./summary.mjs').ClientSummary) => string[]} cell
 * @returns {Tabled}
 */
function resources(title, summaries, present, cell) {
  return {
    title: title,
    head: ['case', ...present.map(([, label]) => label)],
    rows: summaries.map(({ name, clients }) => [name, ...present.map(([client]) => (clients[client] === undefined ? '' : cell(clients[client])))]),
  };
}

/** @param {readonly CaseSummary[]} summaries @param {string[][]} present @returns {Tabled} */
function soaks(summaries, present) {
  return {
    title: 'Memory of a long run',
    head: ['', 'operations', 'idle', 'at the end', 'second half', 'CPU time each'],
    rows: summaries.flatMap(({ clients }) =>
      present.flatMap(([client, label]) => {
        const measured = clients[client];
        if (measured?.soak === undefined) return [];
        const { idleMB, endMB, growth } = measured.soak;
        const sign = growth < 0 ? '−' : '+';
        return [[
          label,
          number(measured.operations, 0),
          `${number(idleMB.median, 0)} MB`,
          `${number(endMB.median, 0)} MB`,
          `${sign}${number(Math.abs(100 * growth), 1)} %`,
          `${number(measured.cpuSeconds.median * 1e3, 2)} ms`,
        ]];
      }),
    ),
  };
}

/** @param {readonly CaseSummary[]} summaries @returns {Tabled} */
function checks(summaries) {
  return {
    title: 'Targets',
    head: ['case', 'to reach', 'measured', 'reached'],
    rows: summaries.flatMap(({ name, checks: all }) => all.map(({ says, shows, met }) => [name, says, shows, met ? 'yes' : 'NO'])),
  };
}

/** @param {Tabled} table for a terminal */
export function inTerminal({ title, head, rows }) {
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')) });
  for (const row of rows) table.push(row.map((cell) => (Array.isArray(cell) ? cell.join('\n') : cell)));
  return `${title}\n${table.toString()}`;
}

/** @param {Tabled} table for a document */
export function inMarkdown({ title, head, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(row.map((cell) => (Array.isArray(cell) ? cell.join('<br>') : cell)))),
  ].join('\n');
}
