import type { WatchedService } from '../inspection/watcher.js';
import { messageOf } from '../types/errors.js';
import type { Snapshot } from './protocol.js';

/** The services that are watched, until they close: what is known of them afterwards is in their records. */
export class Services {
  readonly #open = new Map<string, WatchedService>();

  add(service: WatchedService): void {
    this.#open.set(service.id, service);
  }

  remove(service: WatchedService): void {
    this.#open.delete(service.id);
  }

  clear(): void {
    this.#open.clear();
  }

  find(id: string): WatchedService | undefined {
    return this.#open.get(id);
  }

  /** All of them as plain data; one that cannot be pictured says why. */
  snapshot(): Snapshot {
    const services: Record<string, Snapshot['services'][string]> = {};
    for (const [id, service] of this.#open) {
      try {
        services[id] = service.snapshot();
      } catch (thrown) {
        services[id] = { error: messageOf(thrown) };
      }
    }
    return { services };
  }
}
