import type { OperationRecord, PhaseName } from './records.js';

/** Colours of Chrome's performance panel. */
const colours: Readonly<Record<PhaseName, string>> = {
  queued: 'secondary-light',
  encoding: 'primary-dark',
  sending: 'primary',
  waiting: 'tertiary-light',
  paused: 'error',
  downloading: 'primary-light',
};

/** Names of measures and marks of the global timeline. */
export interface EntryNames {
  readonly measures: Set<string>;
  readonly marks: Set<string>;
}

/** Puts an ended operation on the timeline, and adds the names of what it put there. */
export function addEntries(record: OperationRecord, endedAt: number, names: EntryNames): void {
  const track = record.client === undefined ? record.group : `${record.group} ${record.client}`;
  const start = timelineMoment(record.calledAt);
  const end = Math.max(start, timelineMoment(endedAt));
  const momentOf = (ms: number) => Math.min(Math.max(timelineMoment(record.calledAt + ms), start), end);
  const measure = (name: string, from: number, to: number, devtools: object): void => {
    performance.measure(name, { start: from, end: to, detail: { devtools: { dataType: 'track-entry', trackGroup: 'tinkerjs', ...devtools } } });
    names.measures.add(name);
  };
  const color = record.status === 'failed' ? 'error' : 'primary';
  const tooltipText = `${record.kind}: ${record.status}`;
  measure(`tinkerjs ${record.kind}`, start, end, { track, color, properties: propertiesOf(record), tooltipText });
  for (const [index, { name, ms, reason }] of record.phases.entries()) {
    const next = record.phases[index + 1];
    const [from, to] = [momentOf(ms), next === undefined ? end : momentOf(next.ms)];
    const said = reason === undefined ? {} : { tooltipText: `${name}: ${reason}` };
    measure(`tinkerjs ${name}`, from, Math.max(from, to), { track: `${track}, phases`, color: colours[name], ...said });
  }
  for (const { name, ms, why } of record.marks) {
    const detail = { devtools: { dataType: 'marker', color: 'error', tooltipText: `${name}: ${why}`, properties: [['operation', record.key]] } };
    performance.mark(`tinkerjs ${name}`, { startTime: momentOf(ms), detail });
    names.marks.add(`tinkerjs ${name}`);
  }
}

/** A moment of the wall clock on the timeline, which knows none before its beginning. */
function timelineMoment(at: number): number {
  return Math.max(0, at - performance.timeOrigin);
}

function propertiesOf(record: OperationRecord): readonly (readonly [string, string])[] {
  const facts = {
    operation: record.key,
    'seq ids': record.seqIds?.join(', '),
    'request id': record.requestId,
    bytes: record.bytes,
    'optimizer steps before': record.optimStepsBefore,
    error: record.error === undefined ? undefined : `${record.error.kind}: ${record.error.message}`,
  };
  return Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
}
