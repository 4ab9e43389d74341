import Table from 'cli-table3';

/** What was run, and what was injected, as text. */
export function tablesOf(totals, { seconds, cpuSeconds }) {
  const { schedules } = totals;
  const each = (value) => (value / schedules).toFixed(1);
  const sums = new Table({ style: { head: [], border: [] } });
  sums.push(
    ['schedules', count(schedules)],
    ['operations', `${count(totals.operations)} (${each(totals.operations)} each)`],
    ['requests', `${count(totals.requests)} (${each(totals.requests)} each)`],
    ['executed by the server', count(totals.executed)],
    ['simulated time', `${count(Math.round(totals.virtualMs / 3_600_000))} hours`],
    ['schedules a second', (schedules / seconds).toFixed(0)],
    ['CPU of a schedule', `${((cpuSeconds * 1e3) / schedules).toFixed(1)} ms`],
    ['how operations ended', Object.entries(totals.outcomes).sort(byCount).map(([how, many]) => `${how} ${count(many)}`).join(', ')],
    ['violations', `${totals.failures.length} schedules`],
  );
  const faults = new Table({ head: ['fault', 'injected', 'schedules'], colAligns: ['left', 'right', 'right'], style: { head: [], border: [], compact: true } });
  for (const [kind, { injected, schedules: inSchedules }] of Object.entries(totals.faults)) faults.push([kind, count(injected), count(inSchedules)]);
  return `${faults.toString()}\n${sums.toString()}`;
}

function byCount([, one], [, other]) {
  return other - one;
}

function count(value) {
  return value.toLocaleString('en');
}
