import { SimulatedClock } from 'xstate';

/** A simulated clock that knows how many timers wait on it. */
export class CountingClock extends SimulatedClock {
  readonly #waiting = new Set<unknown>();

  get pending(): number {
    return this.#waiting.size;
  }

  override setTimeout(run: () => void, ms: number): number {
    const id: number = super.setTimeout(() => {
      this.#waiting.delete(id);
      run();
    }, ms);
    this.#waiting.add(id);
    return id;
  }

  override clearTimeout(id: number): void {
    this.#waiting.delete(id);
    super.clearTimeout(id);
  }
}
