import type { KeepAlive } from '../machines/environment.js';
import type { TinkerError } from '../types/errors.js';

/** Whoever waits for something that an actor does, by the key of what it does. */
export class Waiting {
  readonly #keepAlive: KeepAlive;
  readonly #rejects = new Map<string, (error: TinkerError) => void>();

  constructor(keepAlive: KeepAlive) {
    this.#keepAlive = keepAlive;
  }

  /** Starts something under a key and waits until it is given its value, or fails; the process stays meanwhile. */
  async settled<A>(key: string, start: (resolve: (value: A) => void) => void): Promise<A> {
    const release = this.#keepAlive.hold();
    try {
      return await new Promise<A>((resolve, reject) => {
        this.#rejects.set(key, reject);
        start(resolve);
      });
    } finally {
      release();
      this.#rejects.delete(key);
    }
  }

  /** What is waited for. */
  get keys(): readonly string[] {
    return [...this.#rejects.keys()];
  }

  /** Tells whoever waits for the key that it failed; nobody needs to. */
  fail(key: string, error: TinkerError): void {
    this.#rejects.get(key)?.(error);
  }

  failAll(error: TinkerError): void {
    for (const reject of this.#rejects.values()) reject(error);
  }
}
