import { isRecord } from '../../../src/types/check.js';
import { contentOf, ownerOf } from './content.js';
import type { Program } from '../programs/program.js';
import type { RequestRecord } from './record.js';

/** Requests by lane. Only within a lane does the order of requests mean anything. */
export type Lanes = ReadonlyMap<string, readonly RequestRecord[]>;

/** Requests that a clock sends, whatever else goes on. */
const byClock = new Set(['/api/v1/session_heartbeat', '/api/v1/telemetry']);

/** Sorts requests into lanes as `order` of Program says. */
export function lanesOf(records: readonly RequestRecord[], order: Program['order'] = 'total'): Lanes {
  const lanes = new Map<string, RequestRecord[]>();
  for (const record of records) {
    const name = byClock.has(record.target) ? record.target : order === 'total' ? 'all' : (ownerOf(record) ?? 'service');
    lanes.set(name, [...(lanes.get(name) ?? []), record]);
  }
  if (order !== 'chunks') return lanes;
  return new Map([...lanes].map(([name, lane]) => [name, byNumber(lane)]));
}

/** Passes that stand together, by their numbers. */
function byNumber(lane: readonly RequestRecord[]): RequestRecord[] {
  const sorted: RequestRecord[] = [];
  let passes: RequestRecord[] = [];
  for (const record of lane) {
    if (record.protobuf !== undefined) {
      passes.push(record);
      continue;
    }
    sorted.push(...passes.toSorted((one, other) => numberOf(one) - numberOf(other)), record);
    passes = [];
  }
  return [...sorted, ...passes.toSorted((one, other) => numberOf(one) - numberOf(other))];
}

function numberOf(record: RequestRecord): number {
  const content = contentOf(record);
  const pass = isRecord(content) ? content['pass'] : undefined;
  return isRecord(pass) ? Number(pass['seqId']) : 0;
}
