import { messageOf } from '../types/errors.js';
import type { InspectionRecord } from './records.js';
import type { InspectedCall, RecordSink, WatchedService, Watcher } from './watcher.js';

/**
 * All that watch one service. One that throws is said so on the console and told nothing more: who looks on must not be
 * able to break what is looked at.
 */
export class Sinks {
  readonly #sinks: Set<RecordSink>;

  constructor(watchers: readonly Watcher[], service: WatchedService) {
    const sinks = watchers.map((watcher) => guarded(() => watcher.watch(service)));
    this.#sinks = new Set(sinks.filter((sink) => sink !== undefined));
  }

  write(records: readonly InspectionRecord[]): void {
    this.#each((sink) => sink.write(records));
  }

  called(call: InspectedCall): void {
    this.#each((sink) => sink.called?.(call));
  }

  /** The headers that any of them adds to the requests of an operation; undefined where none does. */
  headersOf(operation: string): Readonly<Record<string, string>> | undefined {
    let headers: Readonly<Record<string, string>> | undefined;
    this.#each((sink) => {
      const own = sink.headersOf?.(operation);
      if (own !== undefined) headers = { ...headers, ...own };
    });
    return headers;
  }

  async end(): Promise<void> {
    const ends: Promise<void>[] = [];
    this.#each((sink) => ends.push(Promise.resolve(sink.end())));
    for (const outcome of await Promise.allSettled(ends)) if (outcome.status === 'rejected') complain(outcome.reason);
  }

  #each(tell: (sink: RecordSink) => void): void {
    for (const sink of this.#sinks) {
      try {
        tell(sink);
      } catch (thrown) {
        this.#sinks.delete(sink);
        complain(thrown);
      }
    }
  }
}

function guarded(watch: () => RecordSink): RecordSink | undefined {
  try {
    return watch();
  } catch (thrown) {
    complain(thrown);
    return undefined;
  }
}

function complain(thrown: unknown): void {
  console.error(`tinkerjs: what inspects this service threw and is told nothing more: ${messageOf(thrown)}`);
}
