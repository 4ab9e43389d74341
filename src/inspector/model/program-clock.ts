/** Differences below this are the way's, not the clocks'. */
const tolerance = 1500;

/** The clock of the program, whose machine may be another one than the reader's. */
export class ProgramClock {
  #offset = 0;

  /** Takes a moment that the program told just now: the two clocks differ by that, give or take the way here. */
  heard(at: number, arrivedAt: number): void {
    const offset = at - arrivedAt;
    this.#offset = Math.abs(offset) > tolerance ? offset : 0;
  }

  /** What it says now. */
  at(browserTime: number): number {
    return browserTime + this.#offset;
  }
}
