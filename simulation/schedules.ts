import { mutants } from './mutants.js';
import { allFaults } from './network/fault-kinds.js';
import { runSchedule, type Report } from './schedule.js';

export { allFaults, runSchedule };

/** Names of the mistakes that can be planted. */
export const mutantNames: readonly string[] = Object.keys(mutants);

/** Sums over many schedules, as plain data. */
export interface Totals {
  schedules: number;
  operations: number;
  executed: number;
  requests: number;
  events: number;
  virtualMs: number;
  /** By kind: how many, and in how many schedules. */
  readonly faults: Record<string, { injected: number; schedules: number }>;
  readonly outcomes: Record<string, number>;
  readonly failures: { readonly seed: number; readonly violations: readonly string[] }[];
}

export function noTotals(): Totals {
  return { schedules: 0, operations: 0, executed: 0, requests: 0, events: 0, virtualMs: 0, faults: {}, outcomes: {}, failures: [] };
}

export function add(totals: Totals, report: Report): void {
  totals.schedules += 1;
  totals.operations += report.operations;
  totals.executed += report.executed;
  totals.requests += report.requests;
  totals.events += report.events;
  totals.virtualMs += report.virtualMs;
  for (const [kind, count] of report.faults) {
    const known = (totals.faults[kind] ??= { injected: 0, schedules: 0 });
    known.injected += count;
    known.schedules += 1;
  }
  for (const [how, count] of report.outcomes) totals.outcomes[how] = (totals.outcomes[how] ?? 0) + count;
  if (report.violations.length > 0) totals.failures.push({ seed: report.seed, violations: report.violations });
}

/** Runs the schedules of consecutive seeds with a mistake planted, or `none`. */
export async function runMany(from: number, count: number, mutantName = 'none'): Promise<Totals> {
  const mutant = mutants[mutantName];
  if (mutant === undefined) throw new Error(`no such mutant: ${mutantName}`);
  const totals = noTotals();
  for (let seed = from; seed < from + count; seed += 1) add(totals, await runSchedule(seed, { mutant }));
  return totals;
}
