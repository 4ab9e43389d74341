import type { InspectionRecord } from './records.js';

const mostCheckpoints = 1_000;

/**
 * What a file of a recording begins with, so that it can be opened without those before it: the newest record of
 * everything that has not ended, and of the newest thousand checkpoints.
 */
export class NewestRecords {
  readonly #byKey = new Map<string, InspectionRecord>();
  #checkpoints = 0;

  take(key: string, record: InspectionRecord): void {
    if (hasEnded(record)) {
      this.#byKey.delete(key);
      return;
    }
    if (record.type === 'checkpoint' && !this.#byKey.has(key)) this.#countCheckpoint();
    this.#byKey.set(key, record);
  }

  /** Its service is closed: files that begin from now on say nothing of it. */
  forget(service: string): void {
    for (const [key, record] of this.#byKey) {
      if (record.service !== service) continue;
      if (record.type === 'checkpoint') this.#checkpoints -= 1;
      this.#byKey.delete(key);
    }
  }

  all(): Iterable<InspectionRecord> {
    return this.#byKey.values();
  }

  #countCheckpoint(): void {
    this.#checkpoints += 1;
    if (this.#checkpoints <= mostCheckpoints) return;
    this.#checkpoints -= 1;
    for (const [key, { type }] of this.#byKey) {
      if (type !== 'checkpoint') continue;
      this.#byKey.delete(key);
      return;
    }
  }
}

/** Whether nothing can follow that builds on it. */
function hasEnded(record: InspectionRecord): boolean {
  switch (record.type) {
    case 'operation':
      return record.endedAt !== undefined;
    case 'actor':
      return record.status !== 'active';
    case 'training':
    case 'sampling':
      return record.state === 'stopped';
    case 'metrics':
    case 'error':
    case 'notice':
      return true;
    case 'service':
    case 'chart':
    case 'checkpoint':
      return false;
  }
}
