import type { Environment } from '../machines/environment.js';

const pauseMs = 60_000;

/** Lines on the console, at most one a minute for each of what they are about. */
export class Notices {
  readonly #environment: Environment;
  readonly #lastAt = new Map<string, number>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  warn(about: string, text: string): void {
    const now = this.#environment.now();
    if (now - (this.#lastAt.get(about) ?? -Infinity) < pauseMs) return;
    // What was long ago decides nothing any more, and clients come and go.
    for (const [other, at] of this.#lastAt) if (now - at >= pauseMs) this.#lastAt.delete(other);
    this.#lastAt.set(about, now);
    console.warn(`tinkerjs: ${text}`);
  }
}
