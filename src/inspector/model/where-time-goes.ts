import type { OperationRecord, PhaseName } from '../../inspection/records.js';
import { eachSegment } from './timeline-segments.js';

/** Where a stretch of time went, in milliseconds; together they are its length. */
export interface WhereTimeGoes {
  /** Nothing was open: the user's own code. */
  readonly programMs: number;
  /** This package: operations waited in its queue, were encoded or downloaded. */
  readonly clientMs: number;
  /** Requests were uploaded and accepted. */
  readonly networkMs: number;
  /** The server worked on something. */
  readonly serverMs: number;
  /** The server held everything back that was open. */
  readonly pausedMs: number;
}

/** Whose time it is. */
export type TimeOwner = 'program' | 'client' | 'network' | 'server' | 'paused';

export const timeOwners: readonly TimeOwner[] = ['program', 'client', 'network', 'server', 'paused'];

// The first that holds at an instant has it.
const ranks: Readonly<Record<PhaseName, number>> = { waiting: 0, paused: 1, sending: 2, queued: 3, encoding: 3, downloading: 3 };
const rankCount = 4;

// Boundaries lie on a grid that binary fractions hold exactly, so that no sum is rounded.
const grid = 1024;

/**
 * Where the time between two moments went. At each instant it is the server's while an operation waits for it, else the
 * pause's while one is paused, else the network's while one is sent, else this package's while one is open at all, and
 * the program's where none is. Open operations last until `now`, by default `to`. An empty window has no time at all.
 * The parts add up to `to - from` exactly where those are whole milliseconds.
 */
export function whereTimeGoes(operations: Iterable<OperationRecord>, from: number, to: number, now = to): WhereTimeGoes {
  const total = Math.max(0, to - from);
  const begins: number[][] = Array.from({ length: rankCount }, () => []);
  const ends: number[][] = Array.from({ length: rankCount }, () => []);
  if (total > 0) {
    for (const operation of operations) {
      if (operation.calledAt >= to || (operation.endedAt !== undefined && operation.endedAt <= from)) continue;
      eachSegment(operation, now, (name, begin, end) => {
        const [first, last] = [Math.max(begin, from), Math.min(end, to)];
        if (last <= first) return;
        const rank = ranks[name];
        begins[rank]?.push(Math.round((first - from) * grid));
        ends[rank]?.push(Math.round((last - from) * grid));
      });
    }
  }
  const [server = 0, paused = 0, network = 0, client = 0] = sweep(begins, ends).map((length) => length / grid);
  return {
    programMs: total - server - paused - network - client,
    clientMs: client,
    networkMs: network,
    serverMs: server,
    pausedMs: paused,
  };
}

/** Length of the time in which each rank is the lowest that is open. */
function sweep(begins: readonly (readonly number[])[], ends: readonly (readonly number[])[]): number[] {
  const lengths = begins.map(() => 0);
  const boundaries = begins.flatMap((times, rank) => [new Lane(times, rank, 1), new Lane(ends[rank] ?? [], rank, -1)]);
  const open = begins.map(() => 0);
  let at = 0;
  for (;;) {
    let next: Lane | undefined;
    for (const lane of boundaries) if (lane.head < (next?.head ?? Infinity)) next = lane;
    if (next === undefined) return lengths;
    const lowest = open.findIndex((count) => count > 0);
    if (lowest >= 0) lengths[lowest] = (lengths[lowest] ?? 0) + next.head - at;
    at = next.head;
    open[next.rank] = (open[next.rank] ?? 0) + next.change;
    next.advance();
  }
}

/** Sorted boundaries of one rank: where something begins, or where it ends. */
class Lane {
  readonly rank: number;
  readonly change: number;
  readonly #times: Float64Array;
  #index = 0;
  head: number;

  constructor(times: readonly number[], rank: number, change: number) {
    this.#times = Float64Array.from(times).sort();
    this.rank = rank;
    this.change = change;
    this.head = this.#times[0] ?? Infinity;
  }

  advance(): void {
    this.#index += 1;
    this.head = this.#times[this.#index] ?? Infinity;
  }
}
