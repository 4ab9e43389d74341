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
  if (order !== 'numbered') return lanes;
  return new Map([...lanes].map(([name, lane]) => [name, byNumber(lane)]));
}

/** Requests to the same endpoint that follow each other, by their numbers. */
function byNumber(lane: readonly RequestRecord[]): RequestRecord[] {
  const runs: RequestRecord[][] = [];
  for (const record of lane) {
    const run = runs.at(-1);
    if (run?.[0]?.target === record.target) run.push(record);
    else runs.push([record]);
  }
  return runs.flatMap((run) => run.toSorted((one, other) => numberOf(one) - numberOf(other)));
}

function numberOf(record: RequestRecord): number {
  const content = contentOf(record);
  if (!isRecord(content)) return 0;
  const pass = content['pass'];
  return Number(isRecord(pass) ? pass['seqId'] : (content['seq_id'] ?? 0));
}
