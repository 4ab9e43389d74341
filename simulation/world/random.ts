/** Chance that a seed decides: the same seed draws the same numbers, on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param stream tells apart what one seed is drawn for */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = Math.trunc(seed / 2 ** 32) | 0;
    this.#c = stream | 0;
    // Near seeds begin alike otherwise.
    for (let i = 0; i < 12; i += 1) this.#draw();
  }

  /** Uniform in [0, 1). */
  readonly next = (): number => this.#draw() / 2 ** 32;

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws Error when there is nothing to pick from */
  pick<A>(items: readonly A[]): A {
    const index = this.below(items.length);
    for (const item of items.slice(index, index + 1)) return item;
    throw new Error('nothing to pick from');
  }

  /** One of several, each as likely as its weight is large. */
  weighted<A>(items: readonly (readonly [A, number])[]): A {
    let left = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return this.pick(items)[0];
  }

  /** Small fast counter, by its published recurrence. */
  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}
