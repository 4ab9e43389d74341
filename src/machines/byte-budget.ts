import type { StopSignal } from '../types/stop.js';

/**
 * A budget of bytes. One enters while the balance is not negative and only then pays, so that a
 * single item larger than the whole budget passes too; the others wait, in order, until the balance
 * is no longer negative (wire protocol §3.4).
 */
export class ByteBudget {
  #balance: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(size: number) {
    this.#balance = size;
  }

  /** Bytes left; negative while an oversized item is in. */
  get balance(): number {
    return this.#balance;
  }

  /**
   * Waits for room. The returned function gives the bytes back, once.
   * @param signal ends the wait; the promise then rejects with the signal's reason
   */
  async reserve(bytes: number, signal?: StopSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#balance >= 0) return this.take(bytes);
    // Whoever waits, waits for this alone: nobody is overtaken.
    await this.#wait(bytes, signal);
    return this.#giveBack(bytes);
  }

  /** Pays at once, whatever the balance; the returned function gives the bytes back, once. */
  take(bytes: number): () => void {
    this.#balance -= bytes;
    return this.#giveBack(bytes);
  }

  #giveBack(bytes: number): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#balance += bytes;
      this.#admit();
    };
  }

  #wait(bytes: number, signal: StopSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(reason instanceof Error ? reason : new Error('The wait was given up'));
      };
      const stopWatching = onAbort(signal, leave);
      const entry = { bytes, enter: () => { stopWatching(); resolve(); } };
      this.#waiting.push(entry);
    });
  }

  #admit(): void {
    while (this.#balance >= 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#balance -= next.bytes;
      next.enter();
    }
  }
}

/** Watches a signal until the returned function is called. */
function onAbort(signal: StopSignal | undefined, run: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const abort = () => run(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
