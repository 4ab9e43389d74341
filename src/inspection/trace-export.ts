import type { InspectionRecord } from './records.js';
import type { TraceEvent } from './trace-event.js';
import { TraceOfService } from './trace-service.js';

export type { TraceEvent } from './trace-event.js';

/**
 * Turns records into events of Chrome's trace event format, the list `traceEvents` of a file such as
 * `{"traceEvents":[…],"displayTimeUnit":"ms"}`: for ui.perfetto.dev, the performance panel of Chrome's DevTools, and other
 * readers of the format.
 *
 * A service is a process, a client a track, with more tracks where its operations overlap. An operation is a slice with
 * its phases as slices within it; one that had not ended lasts until the recording does. Queues and metrics are counters,
 * errors, notices, checkpoints and marks are instants. Records may come from several files, oldest first.
 *
 * Reads all records before it gives the first event, and keeps the newest of each operation.
 */
export function* traceEvents(records: Iterable<InspectionRecord>): Generator<TraceEvent> {
  const services = new Map<string, TraceOfService>();
  for (const record of records) {
    const known = services.get(record.service);
    const service = known ?? new TraceOfService(record.service, services.size + 1);
    if (known === undefined) services.set(record.service, service);
    service.take(record);
  }
  for (const service of services.values()) yield* service.events();
}
