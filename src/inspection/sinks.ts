import { messageOf, show } from '../types/errors.js';
import type { InspectionRecord } from './records.js';
import type { InspectedCall, RecordSink, WatchedService, Watcher } from './watcher.js';

/**
 * All that watch one service. One that throws is said so on the console and told nothing more: who looks on must not be
 * able to break what is looked at.
 */
export class Sinks {
  readonly #sinks: Set<RecordSink>;

  constructor(watchers: readonly Watcher[], service: WatchedService) {
    this.#sinks = new Set(watchers.flatMap((watcher) => begun(() => watcher.watch(service))));
  }

  /** Whether any of them is told of every call, and so expects a record of each. */
  get wantsEveryCall(): boolean {
    return [...this.#sinks].some((sink) => 'called' in sink);
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
      const own = present('headersOf', sink.headersOf?.(operation));
      if (own !== undefined) headers = { ...headers, ...checked(own) };
    });
    return headers;
  }

  async end(): Promise<void> {
    const ends: Promise<void>[] = [];
    this.#each((sink) => ends.push(Promise.resolve(sink.end())));
    for (const outcome of await Promise.allSettled(ends)) if (outcome.status === 'rejected') complain(outcome.reason);
  }

  #each(tell: (sink: RecordSink) => unknown): void {
    for (const sink of this.#sinks) {
      try {
        // Nobody waits for what is told, but a rejection would end the process.
        quietly(tell(sink), (thrown) => this.#drop(sink, thrown));
      } catch (thrown) {
        this.#drop(sink, thrown);
      }
    }
  }

  #drop(sink: RecordSink, thrown: unknown): void {
    if (this.#sinks.delete(sink)) complain(thrown);
  }
}

/** None where it cannot be told anything. */
function begun(watch: () => RecordSink): RecordSink[] {
  try {
    return [present('watch', watch())];
  } catch (thrown) {
    complain(thrown);
    return [];
  }
}

function quietly(said: unknown, rejected: (thrown: unknown) => void): void {
  if (isPromise(said)) said.then(undefined, rejected);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Refuses what is there later only. */
function present<A>(call: string, given: A): A {
  if (!isPromise(given)) return given;
  quietly(given, () => undefined);
  throw new TypeError(`${call} gives a promise; what it gives is needed at once`);
}

// What a request says of itself and of its connection is not for others to say.
const taken = /^(?:accept|authorization|connection|content-.*|cookie|expect|host|keep-alive|transfer-encoding|upgrade|x-api-key|x-idempotency-key|x-stainless-.*|x-tinker-.*)$/i;

const sendable = { name: /^[\w!#$%&'*+.^`|~-]+$/, value: /^[\t\x20-\x7e]*$/ };

/** Headers that a request can carry beside its own: any other would break it. */
function checked(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    if (!sendable.name.test(name) || !sendable.value.test(value)) throw new TypeError(`the header ${show(name)} cannot be sent`);
    if (taken.test(name)) throw new TypeError(`the header ${name} is the request's own`);
  }
  return headers;
}

function complain(thrown: unknown): void {
  console.error(`tinkerjs: what inspects this service threw and is told nothing more: ${messageOf(thrown)}`);
}
