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
  const boundaries = new Boundaries();
  const take = (name: PhaseName, begin: number, end: number) => {
    const first = Math.max(begin, from);
    const last = Math.min(end, to);
    if (last > first) boundaries.add(Math.round((first - from) * grid), Math.round((last - from) * grid), ranks[name]);
  };
  if (total > 0) {
    for (const operation of operations) {
      const outside = operation.calledAt >= to || (operation.endedAt !== undefined && operation.endedAt <= from);
      if (!outside) eachSegment(operation, now, take);
    }
  }
  const [server = 0, paused = 0, network = 0, client = 0] = boundaries.sweep().map((length) => length / grid);
  return {
    programMs: total - server - paused - network - client,
    clientMs: client,
    networkMs: network,
    serverMs: server,
    pausedMs: paused,
  };
}

/** Where something begins or ends: moment, rank and which of the two in one number each, so that they sort fast. */
class Boundaries {
  #sorted = new Float64Array(1024);
  #count = 0;

  add(begin: number, end: number, rank: number): void {
    if (this.#count + 2 > this.#sorted.length) {
      const larger = new Float64Array(this.#sorted.length * 2);
      larger.set(this.#sorted);
      this.#sorted = larger;
    }
    this.#sorted[this.#count] = begin * rankCount * 2 + rank;
    this.#sorted[this.#count + 1] = end * rankCount * 2 + rankCount + rank;
    this.#count += 2;
  }

  /** Length of the time in which each rank is the lowest that is open. */
  sweep(): number[] {
    const boundaries = this.#sorted.subarray(0, this.#count).sort();
    const lengths = Array.from({ length: rankCount }, () => 0);
    const open = Array.from({ length: rankCount }, () => 0);
    let lowest = rankCount;
    let since = 0;
    for (const boundary of boundaries) {
      const code = boundary % (rankCount * 2);
      const rank = code % rankCount;
      open[rank] = (open[rank] ?? 0) + (code < rankCount ? 1 : -1);
      let next = 0;
      while (next < rankCount && open[next] === 0) next += 1;
      if (next === lowest) continue;
      const at = (boundary - code) / (rankCount * 2);
      if (lowest < rankCount) lengths[lowest] = (lengths[lowest] ?? 0) + at - since;
      lowest = next;
      since = at;
    }
    return lengths;
  }
}
