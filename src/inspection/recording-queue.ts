import type { InspectionRecord, NoticeRecord } from './records.js';

/** A record among those of a recording. */
export interface Keyed {
  readonly key: string;
  readonly record: InspectionRecord;
}

/** Its name among the records of all services: a later record of the same name replaces it. */
export function keyOf(record: InspectionRecord): string {
  return `${record.type} ${record.service} ${record.key}`;
}

interface Loss {
  count: number;
  isTold: boolean;
}

/**
 * Records that wait for the disk. A record that is replaced before it was written is not written at all. When there are
 * too many, a tenth is let go: ended operations first, which nothing builds on, then the oldest.
 */
export class RecordQueue {
  readonly #waiting = new Map<string, InspectionRecord>();
  readonly #most: number;
  readonly #lost = new Map<string, Loss>();

  /** @param most how many may wait */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(key: string, record: InspectionRecord): void {
    // At the end even when it replaces another: the file tells things in the order in which they happened.
    this.#waiting.delete(key);
    this.#waiting.set(key, record);
    if (this.#waiting.size > this.#most) this.#letGo();
  }

  /** The oldest of them, which wait no longer. */
  take(most: number): Keyed[] {
    const taken: Keyed[] = [];
    for (const [key, record] of this.#waiting) {
      if (taken.length === most) break;
      taken.push({ key, record });
      this.#waiting.delete(key);
    }
    return taken;
  }

  /** What was taken and could not be written waits again, before all others, unless it was replaced meanwhile. */
  putBack(taken: readonly Keyed[]): void {
    const newer = [...this.#waiting];
    this.#waiting.clear();
    for (const { key, record } of taken) this.#waiting.set(key, record);
    for (const [key, record] of newer) this.#waiting.set(key, record);
    if (this.#waiting.size > this.#most) this.#letGo();
  }

  /** Says once what was let go since the last time: how many records of each service, in all. */
  notices(at: number): NoticeRecord[] {
    const untold = [...this.#lost].filter(([, { isTold }]) => !isTold);
    return untold.map(([service, loss]) => {
      loss.isTold = true;
      const text = `The recording left out ${loss.count} records so far: the disk could not keep up.`;
      return { type: 'notice', service, key: 'recording', at, level: 'warning', text };
    });
  }

  /** Its service is closed. */
  forget(service: string): void {
    this.#lost.delete(service);
  }

  #letGo(): void {
    const goal = Math.floor(this.#most * 0.9);
    for (const [key, record] of this.#waiting) {
      if (this.#waiting.size <= goal) return;
      if (record.type === 'operation' && record.endedAt !== undefined) this.#lose(key, record);
    }
    for (const [key, record] of this.#waiting) {
      if (this.#waiting.size <= goal) return;
      this.#lose(key, record);
    }
  }

  #lose(key: string, { service }: InspectionRecord): void {
    this.#waiting.delete(key);
    const before = this.#lost.get(service)?.count ?? 0;
    this.#lost.set(service, { count: before + 1, isTold: false });
  }
}
