/**
 * Reproducible random numbers: xoshiro128** seeded through splitmix64.
 *
 * Weights are drawn uniformly and not normally, because integer arithmetic and one multiplication
 * give the same bits on every machine and in every Node version, while a normal distribution needs
 * `Math.log` and `Math.cos`, whose last bit does not.
 */

const MASK_64 = (1n << 64n) - 1n;
const SPLITMIX_STEP = 0x9e3779b97f4a7c15n;

/** A stream of 32-bit words fixed by a seed and the name of what it is drawn for. */
export class RandomStream {
  readonly #state: Uint32Array;

  /** Streams with different names are independent, so tensors do not depend on drawing order. Of a seed 64 bits count. */
  constructor(seed: number | bigint, name: string) {
    let mixed = BigInt(seed) & MASK_64;
    for (const unit of Buffer.from(name, 'utf8')) {
      mixed = splitmix(mixed ^ BigInt(unit));
    }
    this.#state = new Uint32Array(4);
    for (let i = 0; i < 4; i += 2) {
      mixed = (mixed + SPLITMIX_STEP) & MASK_64;
      const word = splitmix(mixed);
      this.#state[i] = Number(word & 0xffffffffn);
      this.#state[i + 1] = Number(word >> 32n);
    }
  }

  /** The next 32 random bits. */
  nextUint32(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const a = s2 ^ s0;
    const b = s3 ^ s1;
    this.#state[1] = s1 ^ a;
    this.#state[0] = s0 ^ b;
    this.#state[2] = a ^ (s1 << 9);
    this.#state[3] = rotateLeft(b, 11);
    return result;
  }

  /** A number from 0 to below 1, all 53 bits of it random. */
  nextFraction(): number {
    return ((this.nextUint32() >>> 5) * 2 ** 26 + (this.nextUint32() >>> 6)) / 2 ** 53;
  }
}

/** Fills an array with numbers spread evenly over [-bound, bound). */
export function fillUniform(target: Float32Array, bound: number, stream: RandomStream): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (stream.nextUint32() / 2 ** 31 - 1) * bound;
  }
}

function splitmix(value: bigint): bigint {
  let z = (value + SPLITMIX_STEP) & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
