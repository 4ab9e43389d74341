import type { CalledOperation } from './operation-entry.js';

/** A sample of which no record is made as long as it goes well and fast. */
export interface QuickSample {
  readonly called: CalledOperation;
  readonly calledAt: number;
  seqIds: readonly number[];
  sentAt?: number;
  acceptedAt?: number;
  requestId?: string | undefined;
}

/** Samples a second of which records are made in any case. */
const perSecond = 200;
/** Among the open samples as many have a record in any case, so that no time with open ones looks idle. */
const mostOpen = 2;
/** Milliseconds after which a sample is no quick one. */
const quickMs = 1000;

/**
 * Picks the samples of which no record is made: thousands a second would cost more to tell of than to make, and nobody
 * could look at them. Each is known while it is open, so that its record is made after all when something happens to it
 * or it takes long; those that went well are counted.
 */
export class QuickSamples {
  readonly #open = new Map<string, QuickSample>();
  readonly #counts = new Map<string, number>();
  #second = -1;
  #left = 0;

  get size(): number {
    return this.#open.size;
  }

  /** How many of a client went well. */
  countOf(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  /**
   * Whether it takes this one.
   * @param recorded how many open samples have records
   */
  takes(called: CalledOperation, calledAt: number, recorded: number): boolean {
    const second = Math.floor(calledAt / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = perSecond;
    }
    if (this.#left > 0 || recorded < mostOpen) {
      this.#left -= 1;
      return false;
    }
    this.#open.set(called.id, { called, calledAt, seqIds: [] });
    return true;
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** It is its turn; gives whether it is one of these. */
  sending(id: string, seqIds: readonly number[], now: () => number): boolean {
    const sample = this.#open.get(id);
    if (sample === undefined) return false;
    sample.seqIds = seqIds;
    sample.sentAt = now();
    return true;
  }

  /** The server has taken it; gives whether it is one of these. */
  accepted(id: string, requestId: string | undefined, now: () => number): boolean {
    const sample = this.#open.get(id);
    if (sample === undefined) return false;
    sample.requestId = requestId;
    sample.acceptedAt = now();
    return true;
  }

  /** Hands one over whose record is to be made. */
  release(id: string): QuickSample | undefined {
    const sample = this.#open.get(id);
    if (sample !== undefined) this.#open.delete(id);
    return sample;
  }

  /** It went well; gives whether it was one of these, and quick. */
  done(id: string, now: number): boolean {
    // Nobody may have looked since it became slow.
    if (now - (this.#open.get(id)?.calledAt ?? now) >= quickMs) return false;
    const { client = '' } = this.release(id)?.called ?? {};
    if (client !== '') this.#counts.set(client, this.countOf(client) + 1);
    return client !== '';
  }

  /** Those that have taken too long. */
  slow(now: number): string[] {
    const ids: string[] = [];
    // In the order of their calls.
    for (const [id, { calledAt }] of this.#open) {
      if (now - calledAt < quickMs) break;
      ids.push(id);
    }
    return ids;
  }

  ids(): string[] {
    return [...this.#open.keys()];
  }

  /** The count of a client is asked for no more. */
  forget(client: string): void {
    this.#counts.delete(client);
  }
}
