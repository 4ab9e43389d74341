import { differences } from '../differences.js';
import { compare, type Found } from './compare.js';
import type { Program } from '../programs/program.js';
import type { Release } from './fixtures.js';
import { listedAs, type Difference } from './listed.js';
import type { RequestRecord } from './record.js';

/** What comparing our run of a program with the SDK's came to. */
export interface Judgement {
  /** How many requests both make. */
  readonly compared: number;
  /** The listed differences that occur. */
  readonly wanted: readonly Difference[];
  readonly unlisted: readonly Found[];
}

export function judge(program: Program, release: Release, theirs: readonly RequestRecord[], ours: readonly RequestRecord[]): Judgement {
  const { compared, found } = compare(theirs, ours, program.order);
  const named = found.map((one) => ({ one, listed: listedAs(differences, one, program.name, release) }));
  return {
    compared,
    wanted: [...new Set(named.flatMap(({ listed }) => (listed === undefined ? [] : [listed])))],
    unlisted: named.flatMap(({ one, listed }) => (listed === undefined ? [one] : [])),
  };
}
