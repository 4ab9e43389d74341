import type { FaultKind } from './network/fault-kinds.js';
import type { Scene } from './scene.js';

/** What came of one schedule. */
export interface Report {
  readonly seed: number;
  /** The same for the same seed, everywhere. */
  readonly hash: string;
  readonly violations: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly operations: number;
  readonly executed: number;
  readonly requests: number;
  readonly events: number;
  readonly virtualMs: number;
  /** How the operations ended, by the kind of their error. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What happened, where that was asked for. */
  readonly lines: readonly string[];
}

export function reportOf(seed: number, { trace, violations, plan, server, watch, time }: Scene, ends: readonly string[]): Report {
  const outcomes = new Map<string, number>();
  for (const how of ends) outcomes.set(how, (outcomes.get(how) ?? 0) + 1);
  return {
    seed,
    hash: trace.hash,
    violations,
    faults: plan.counts,
    operations: ends.length,
    executed: server.ledger.length,
    requests: watch.requests,
    events: time.events,
    virtualMs: time.now,
    outcomes,
    lines: trace.lines ?? [],
  };
}
