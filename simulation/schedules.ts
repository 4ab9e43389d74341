import { mutants } from './mutants.js';
import { allFaults } from './network/fault-kinds.js';
import type { Report } from './report.js';
import { runSchedule } from './schedule.js';

export { allFaults, mutants, runSchedule };

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
  /** Of the trace of each seed. */
  readonly hashes: Record<number, string>;
}

/** @param kinds faults that are shown even if there is none of them */
export function noTotals(kinds: readonly string[] = []): Totals {
  const faults = Object.fromEntries(kinds.map((kind) => [kind, { injected: 0, schedules: 0 }]));
  return { schedules: 0, operations: 0, executed: 0, requests: 0, events: 0, virtualMs: 0, faults, outcomes: {}, failures: [], hashes: {} };
}

export function addTotals(totals: Totals, part: Totals): void {
  for (const name of ['schedules', 'operations', 'executed', 'requests', 'events', 'virtualMs'] as const) totals[name] += part[name];
  for (const [kind, { injected, schedules }] of Object.entries(part.faults)) countFault(totals, kind, injected, schedules);
  for (const [how, count] of Object.entries(part.outcomes)) totals.outcomes[how] = (totals.outcomes[how] ?? 0) + count;
  totals.failures.push(...part.failures);
  Object.assign(totals.hashes, part.hashes);
}

function add(totals: Totals, report: Report): void {
  totals.schedules += 1;
  for (const name of ['operations', 'executed', 'requests', 'events', 'virtualMs'] as const) totals[name] += report[name];
  for (const [kind, count] of report.faults) countFault(totals, kind, count, 1);
  for (const [how, count] of report.outcomes) totals.outcomes[how] = (totals.outcomes[how] ?? 0) + count;
  if (report.violations.length > 0) totals.failures.push({ seed: report.seed, violations: report.violations });
  totals.hashes[report.seed] = report.hash;
}

function countFault({ faults }: Totals, kind: string, injected: number, schedules: number): void {
  const known = (faults[kind] ??= { injected: 0, schedules: 0 });
  known.injected += injected;
  known.schedules += schedules;
}

/** Runs schedules one after the other, with a mistake planted, or `none`. */
export async function runSeeds(seeds: readonly number[], mutantName: string): Promise<Totals> {
  const mutant = mutants[mutantName];
  if (mutant === undefined) throw new Error(`there is no mutant ${mutantName}`);
  const totals = noTotals();
  for (const seed of seeds) add(totals, await runSchedule(seed, { mutant }));
  return totals;
}
