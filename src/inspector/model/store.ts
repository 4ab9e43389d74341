import type { InspectionRecord } from '../../inspection/records.js';
import { ServiceStore, type StoreLimits } from './service-store.js';

const usualLimits: StoreLimits = { operations: 50_000, actors: 5_000, metrics: 50_000, others: 2_000 };

/** Everything that the page was told, of all services; what is oldest and over goes first. */
export class Store {
  readonly #limits: StoreLimits;
  readonly #services = new Map<string, ServiceStore>();
  #revision = 0;
  #newestAt = 0;

  constructor(limits: Partial<StoreLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
  }

  /** By their ids, in the order in which they were heard of. */
  get services(): ReadonlyMap<string, ServiceStore> {
    return this.#services;
  }

  /** Grows whenever something was applied. */
  get revision(): number {
    return this.#revision;
  }

  /** The latest moment that a record speaks of; 0 before the first. */
  get newestAt(): number {
    return this.#newestAt;
  }

  /** Operations that this store let go, beside those that the server had let go before. */
  get droppedOperations(): number {
    let sum = 0;
    for (const { operations } of this.#services.values()) sum += operations.dropped;
    return sum;
  }

  apply(records: readonly InspectionRecord[]): void {
    if (records.length === 0) return;
    for (const record of records) {
      this.#serviceOf(record.service).put(record);
      if (record.at > this.#newestAt) this.#newestAt = record.at;
    }
    this.#revision += 1;
  }

  #serviceOf(id: string): ServiceStore {
    let found = this.#services.get(id);
    if (found === undefined) {
      found = new ServiceStore(id, this.#limits);
      this.#services.set(id, found);
    }
    return found;
  }
}
