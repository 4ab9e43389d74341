import Table from 'cli-table3';
import { endsOf } from './judge.mjs';

/** @typedef {import('./lane.mjs').Tried} Tried */

/** Counts what happened in all schedules. */
export class Report {
  schedules = 0;
  /** @type {Map<string, number>} */
  #faults = new Map();
  /** @type {Map<string, number>} */
  #ends = new Map();
  #clients = 0;
  #executed = 0;
  /** @type {{ number: number, violations: readonly string[] }[]} */
  violated = [];

  /** @param {Tried} tried */
  add({ schedule, violations, met, attempts }) {
    this.schedules += 1;
    if (violations.length > 0) this.violated.push({ number: schedule.number, violations });
    for (const [at, rule] of schedule.rules.entries()) count(this.#faults, nameOf(rule), met.rules[at] ?? 0);
    for (const [at, { direction, does }] of schedule.cuts.entries()) count(this.#faults, `connection ${direction}: ${does}`, met.cuts[at] ?? 0);
    for (const [at, { what }] of schedule.blows.entries()) count(this.#faults, what, Number(met.blows[at] ?? false));
    for (const { facts, ledger } of attempts) {
      this.#clients += 1;
      this.#executed += ledger.length;
      for (const { how, kind } of endsOf(facts)) count(this.#ends, kind === undefined ? how : `${how}: ${kind}`, 1);
    }
  }

  json() {
    return {
      schedules: this.schedules,
      clients: this.#clients,
      executed: this.#executed,
      faults: Object.fromEntries(sorted(this.#faults)),
      ends: Object.fromEntries(sorted(this.#ends)),
      violated: this.violated,
    };
  }

  text() {
    return [
      tableOf('faults that came about', this.#faults),
      tableOf('how operations ended', this.#ends),
      `${this.schedules} schedules, ${this.#clients} clients, ${this.#executed} requests executed, ${this.violated.length} schedules with violations`,
    ].join('\n');
  }
}

/** @param {import('tinkerjs/server').FaultRule} rule */
function nameOf(rule) {
  if (rule.action === 'status') return `status ${rule.status}`;
  return rule.action === 'delay' ? `delay ${rule.ms} ms` : rule.action;
}

/** @param {Map<string, number>} counts @param {string} name @param {number} more */
function count(counts, name, more) {
  counts.set(name, (counts.get(name) ?? 0) + more);
}

/** @param {Map<string, number>} counts @returns {[string, number][]} */
function sorted(counts) {
  return [...counts].filter(([, value]) => value > 0).sort(([, left], [, right]) => right - left);
}

/** @param {string} title @param {Map<string, number>} counts */
function tableOf(title, counts) {
  const table = new Table({ head: [title, ''], colAligns: ['left', 'right'], style: { head: [], border: [] } });
  table.push(...sorted(counts));
  return table.toString();
}
