import { addEntries } from './performance-entries.js';
import type { InspectionRecord } from './records.js';
import type { Watcher } from './watcher.js';

/**
 * Measures every operation that ended, and each of its phases, with `performance.measure`; what went otherwise than at
 * once becomes a `performance.mark`. Their names begin with `tinkerjs `. Their details follow the extensibility API of
 * Chrome's performance panel: a track group `tinkerjs` with a track for each client and one for its phases.
 *
 * A `PerformanceObserver` of the types `measure` and `mark` gets them. They are taken off the global timeline as soon as
 * they are made, so `performance.getEntries()` never has them and memory stays flat. Moments are those of the wall clock,
 * counted from `performance.timeOrigin`; where the clock was set since the process began they are off by as much.
 *
 * Chromium's performance panel shows them where this package runs in one of its pages, such as in Electron. DevTools that
 * are attached to Node do not: Node (20 to 24 were tried) passes neither measures nor `console.timeStamp` to its
 * inspector. For Node, `tinkerjs inspect FILE --export TRACE.json` makes a file that ui.perfetto.dev opens.
 */
export function performanceMeasures(): Watcher {
  return {
    watch: () => {
      const open = new Set<string>();
      return {
        called: ({ id }) => void open.add(id),
        write: (records) => putOnTimeline(records, open),
        end: () => open.clear(),
      };
    },
  };
}

/** @param open operations that are not on the timeline yet: none is put there twice */
function putOnTimeline(records: readonly InspectionRecord[], open: Set<string>): void {
  const names = { measures: new Set<string>(), marks: new Set<string>() };
  for (const record of records) {
    if (record.type !== 'operation' || record.endedAt === undefined || !open.delete(record.key)) continue;
    addEntries(record, record.endedAt, names);
  }
  for (const name of names.measures) performance.clearMeasures(name);
  for (const name of names.marks) performance.clearMarks(name);
}
