/** What an id of {@link Counters.nextId} was drawn for. */
export function kindOf(id: string): string {
  return id.replace(/-\d+$/, '');
}

/**
 * The numbers that one service hands out, each once, whatever becomes of it (wire protocol §4.5).
 * Never draw one inside of what is tried again.
 */
export class Counters {
  #ids = 0;
  #modelSeqId = 0;
  #samplingSessionSeqId = 0;

  /** A name for a request or an operation that no other of this service has. */
  nextId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }

  /** Goes on in a session that others have drawn numbers of: from a number that they did not come to. */
  beginAt(number: number): void {
    this.#modelSeqId = Math.max(this.#modelSeqId, number);
    this.#samplingSessionSeqId = Math.max(this.#samplingSessionSeqId, number);
  }

  /** The number of the next model of this session, from 0. */
  nextModelSeqId(): number {
    const taken = this.#modelSeqId;
    this.#modelSeqId += 1;
    return taken;
  }

  /** The number of the next sampling session, from 0; saves that open one draw from it too. */
  nextSamplingSessionSeqId(): number {
    const taken = this.#samplingSessionSeqId;
    this.#samplingSessionSeqId += 1;
    return taken;
  }
}
