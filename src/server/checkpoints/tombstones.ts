import * as t from 'io-ts';
import type { StateStore } from '../state-store.js';

const Tombstones = t.strict({ expired: t.record(t.string, t.string) }, 'Tombstones');
const mostTombstones = 10_000;

/** Paths of checkpoints that have expired, so that whoever asks for one late is told so. */
export class CheckpointTombstones {
  readonly #store: StateStore;
  readonly #expired = new Map<string, string>();

  constructor(store: StateStore) {
    this.#store = store;
  }

  async load(): Promise<void> {
    for (const { expired } of await this.#store.readAll('expired', Tombstones)) {
      for (const [path, at] of Object.entries(expired)) this.#expired.set(path, at);
    }
  }

  /** When a checkpoint expired, in ISO 8601; undefined when it did not. */
  find(path: string): string | undefined {
    return this.#expired.get(path);
  }

  /** Notes paths and the times at which they expired. */
  async add(expired: Iterable<readonly [path: string, at: string]>): Promise<void> {
    for (const [path, at] of expired) this.#expired.set(path, at);
    for (const path of [...this.#expired.keys()].slice(0, -mostTombstones)) this.#expired.delete(path);
    await this.#write();
  }

  /** The path is in use again. */
  async remove(path: string): Promise<void> {
    if (this.#expired.delete(path)) await this.#write();
  }

  async #write(): Promise<void> {
    await this.#store.write('expired/checkpoints.json', { expired: Object.fromEntries(this.#expired) });
  }
}
