import { constants } from 'node:os';

/** Signals that end a process, or announce that it is about to be ended. */
export type EndingSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';

/** Who wants to do something before a signal ends the process. */
export interface SignalTask {
  readonly signals: readonly EndingSignal[];
  /** Whether the process is to end when all is done. */
  readonly exit: boolean;
  /** Never rejects, and takes its own time into account. */
  readonly run: (signal: EndingSignal) => Promise<void>;
}

/**
 * What a process does before a signal ends it: every task that wants to know of the signal, side by side, and
 * then the end with the code that shells and supervisors expect, 128 and the signal's number. Ending is not
 * left to the signal itself, since the first process of a container is not ended by any. Whoever sends
 * another signal means at once.
 */
class SignalDesk {
  readonly #tasks = new Set<SignalTask>();
  readonly #listeners = new Map<EndingSignal, () => void>();
  #isEnding = false;

  /** The returned function takes the task back; without tasks nobody listens. */
  add(task: SignalTask): () => void {
    this.#tasks.add(task);
    this.#listen();
    return () => {
      this.#tasks.delete(task);
      this.#listen();
    };
  }

  #listen(): void {
    const wanted = new Set([...this.#tasks].flatMap(({ signals }) => signals));
    for (const [signal, listener] of this.#listeners) {
      if (wanted.has(signal)) continue;
      process.off(signal, listener);
      this.#listeners.delete(signal);
    }
    for (const signal of wanted) {
      if (this.#listeners.has(signal)) continue;
      const listener = () => void this.#arrived(signal);
      process.on(signal, listener);
      this.#listeners.set(signal, listener);
    }
    if (this.#tasks.size === 0) this.#isEnding = false;
  }

  async #arrived(signal: EndingSignal): Promise<void> {
    const code = 128 + constants.signals[signal];
    if (this.#isEnding) return process.exit(code);
    this.#isEnding = true;
    const tasks = [...this.#tasks].filter(({ signals }) => signals.includes(signal));
    await Promise.all(tasks.map(({ run }) => run(signal)));
    if (tasks.some(({ exit }) => exit)) return process.exit(code);
    process.exitCode = code;
  }
}

/** The one of this process, which has its signals only once. */
export const signalDesk = new SignalDesk();
