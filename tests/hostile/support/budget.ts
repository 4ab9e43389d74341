import fc from 'fast-check';

/*
 * The usual number of cases is small, so that every run of all tests tries some. TINKERJS_HOSTILE_RUNS=500 tries 500 times
 * as many, TINKERJS_HOSTILE_SEED=7 others; what fails prints its seed and its path.
 */
const times = Number(process.env['TINKERJS_HOSTILE_RUNS'] ?? 1);
const seed = Number(process.env['TINKERJS_HOSTILE_SEED'] ?? 20_261_123);

/** How often, and with which cases, a property is tried: the same ones each time. */
export function tries(usual: number): { readonly numRuns: number; readonly seed: number; readonly endOnFailure: boolean } {
  return { numRuns: usual * times, seed, endOnFailure: times > 1 };
}

/** Cases of a property that are gone through by hand, since they need what lasts from one to the next. */
export function cases<A>(arbitrary: fc.Arbitrary<A>, usual: number): readonly A[] {
  return fc.sample(arbitrary, tries(usual));
}
