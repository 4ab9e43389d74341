import { CountingClock } from './counting-clock.js';
import { settle, simulatedEnvironment, type SimulatedEnvironment } from './simulated.js';

/**
 * Simulated time for clients whose requests take real time: it stands still while a request is on
 * its way, so that no deadline depends on the speed of the machine.
 */
export class PacedTime {
  readonly environment: SimulatedEnvironment;
  readonly #clock = new CountingClock();
  readonly #open = new Set<Promise<unknown>>();

  constructor() {
    this.environment = { ...simulatedEnvironment(), clock: this.#clock, now: () => this.#clock.now() };
  }

  /** For the client under test: the global `fetch`, watched until its answer has been read. */
  readonly fetch: typeof globalThis.fetch = async (...request) => {
    const answer = whole(request);
    this.#open.add(answer);
    try {
      return await answer;
    } finally {
      this.#open.delete(answer);
    }
  };

  /** Requests that are on their way. */
  get open(): number {
    return this.#open.size;
  }

  /** Timers of the client that have not fired. */
  get timers(): number {
    return this.#clock.pending;
  }

  /** Lets time pass, also while requests are on their way. */
  async pass(ms: number): Promise<void> {
    this.#clock.increment(ms);
    await settle();
  }

  /** Waits until nothing is on its way, heartbeats included. */
  async quiet(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
    await settle();
  }

  /** Lets time pass in small steps, whenever nothing is on its way, until the promise settles. */
  async until<A>(promise: PromiseLike<A>, stepMs = 250): Promise<A> {
    const outcome = { isPending: true };
    const note = () => {
      outcome.isPending = false;
    };
    const settled = promise.then(note, note);
    await settle();
    for (;;) {
      if (this.#open.size > 0) await Promise.race([settled, ...this.#open].map((one) => one.then(ignore, ignore)));
      await settle();
      if (!outcome.isPending) return promise;
      if (this.#open.size === 0) this.#clock.increment(stepMs);
    }
  }
}

/** The answer with its body, so that nothing of it is on its way any more. */
async function whole(request: Parameters<typeof globalThis.fetch>): Promise<Response> {
  const { body, status, headers } = await globalThis.fetch(...request);
  const text = body === null ? null : await new Response(body).arrayBuffer();
  return new Response(text, { status, headers });
}

function ignore(): void {
  return undefined;
}
