import type { InspectionRecord } from '../inspection/records.js';
import type { RecordSink, WatchedService, Watcher } from '../inspection/watcher.js';
import { messageOf } from '../types/errors.js';

/**
 * The inspector that the environment asks for. It is loaded with the first service that it watches; what happens
 * until it is there is told to it then.
 */
export function environmentWatcher(load: () => Promise<Watcher> = loadInspector): Watcher {
  return { watch: (service) => new LateSink(service, load) };
}

async function loadInspector(): Promise<Watcher> {
  const { environmentInspector } = await import('../inspector/environment.js');
  const { inspect } = await environmentInspector();
  return inspect;
}

class LateSink implements RecordSink {
  readonly #early: InspectionRecord[] = [];
  readonly #there: Promise<void>;
  #sink: RecordSink | undefined;

  constructor(service: WatchedService, load: () => Promise<Watcher>) {
    this.#there = this.#begin(service, load);
  }

  write(records: readonly InspectionRecord[]): void {
    if (this.#sink === undefined) this.#early.push(...records);
    else this.#sink.write(records);
  }

  async end(): Promise<void> {
    await this.#there;
    await this.#sink?.end();
  }

  async #begin(service: WatchedService, load: () => Promise<Watcher>): Promise<void> {
    try {
      const watcher = await load();
      this.#sink = watcher.watch(service);
      this.#sink.write(this.#early.splice(0));
    } catch (thrown) {
      this.#sink = deaf;
      console.error(`tinkerjs: the inspector that TINKERJS_INSPECT asks for could not be started: ${messageOf(thrown)}`);
    }
  }
}

/** Takes what nobody hears. */
const deaf: RecordSink = { write: () => undefined, end: () => undefined };
