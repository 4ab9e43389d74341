import type { InspectionRecord } from '../inspection/records.js';

/** What is let go together. */
export type ShelfName = 'definitions' | 'clients' | 'open' | 'ended' | 'metrics' | 'events';

/**
 * Share of the memory that each shelf may count on; together they make one. What a shelf does not need the others may
 * use, so that of a long run most is ended operations, but no flood of one kind drives out the others.
 */
export const shares: Readonly<Record<ShelfName, number>> = {
  /** Services and charts: few, and nothing can be shown without them. */
  definitions: 0.25,
  clients: 0.2,
  /** Open operations and actors that run. One that is let go comes back as soon as it changes. */
  open: 0.2,
  ended: 0.15,
  metrics: 0.1,
  /** What happened: checkpoints, failures, notices, actors that ended. */
  events: 0.1,
};

/** Where a record is kept. */
export function shelfOf(record: InspectionRecord): ShelfName {
  switch (record.type) {
    case 'service':
    case 'chart':
      return 'definitions';
    case 'training':
    case 'sampling':
      return 'clients';
    case 'operation':
      return record.endedAt === undefined ? 'open' : 'ended';
    case 'actor':
      return record.status === 'active' ? 'open' : 'events';
    case 'metrics':
      return 'metrics';
    case 'checkpoint':
    case 'error':
    case 'notice':
      return 'events';
  }
}
