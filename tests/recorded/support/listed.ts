import type { Found } from './compare.js';
import type { Release } from './fixtures.js';

/**
 * One difference between what the official SDK sends and what we send, and why we want it. What is left out
 * matches everything; one that does not occur any more fails the tests, and so does one that is not listed.
 */
export interface Difference {
  /** For reports; no two are the same. */
  readonly name: string;
  readonly why: string;
  readonly kind: Found['kind'];
  /** Of which release of the SDK; default: both. */
  readonly release?: Release;
  readonly programs?: readonly string[];
  /** Method, path and query. */
  readonly request?: RegExp;
  /** Header, or place in the content. */
  readonly at?: RegExp;
  /** What the SDK sends there. */
  readonly theirs?: RegExp;
  /** What we send there; nothing at all when absent, unless `oursVaries`. */
  readonly ours?: RegExp;
  readonly oursVaries?: boolean;
  /** False where this Node makes none of it. */
  readonly applies?: boolean;
}

/** The first of the differences that this is; undefined when it is none of them. */
export function listedAs(differences: readonly Difference[], found: Found, program: string, release: Release): Difference | undefined {
  return differences.find(
    (one) =>
      one.kind === found.kind &&
      (one.release ?? release) === release &&
      (one.programs?.includes(program) ?? true) &&
      (one.request?.test(found.request) ?? true) &&
      (one.at?.test(found.at) ?? true) &&
      (one.theirs?.test(found.theirs ?? '') ?? true) &&
      (one.oursVaries === true || matches(one.ours, found.ours)),
  );
}

function matches(pattern: RegExp | undefined, value: string | undefined): boolean {
  return pattern === undefined || value === undefined ? pattern === value : pattern.test(value);
}
