const prime1 = 11400714785074694791n;
const prime2 = 14029467366897019727n;
const prime5 = 2870177450012600261n;
const lengthSalt = 3527539n;
const allOnes = 0xffff_ffff_ffff_ffffn;
const insteadOfAllOnes = 1546275796n;
const hashModulus = (1n << 61n) - 1n;

/**
 * Hash of numbers regardless of their order, as the official client computes it: values truncated to
 * whole numbers, sorted, and hashed like a Python tuple (wire protocol §4.8). Signed 64 bits, as the
 * nearest double; NaN where a value is not finite and so has no whole part.
 */
export function hashUnordered(values: readonly number[]): number {
  if (!values.every(Number.isFinite)) return Number.NaN;
  const sorted = values.map((value) => Math.trunc(value)).sort((a, b) => a - b);
  let acc = prime5;
  for (const value of sorted) {
    acc = wrap(acc + wrap(integerHash(BigInt(value))) * prime2);
    acc = wrap(rotateLeft31(acc) * prime1);
  }
  acc = wrap(acc + (BigInt(sorted.length) ^ (prime5 ^ lengthSalt)));
  return Number(BigInt.asIntN(64, acc === allOnes ? insteadOfAllOnes : acc));
}

function integerHash(value: bigint): bigint {
  const hash = value % hashModulus;
  return hash === -1n ? -2n : hash;
}

function rotateLeft31(value: bigint): bigint {
  return wrap(value << 31n) | (value >> 33n);
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
