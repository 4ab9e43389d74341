import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const mostComplaint = 2_000;

/** A Node process of ours that does what it is called for. */
export class Child {
  #process;
  #calls = 0;
  /** @type {Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>} */
  #open = new Map();
  #complaint = '';

  /**
   * @param {string} program a file in `processes/`, without its ending
   * @param {Record<string, (...args: any[]) => unknown>} [asked] what the process may ask of us
   */
  constructor(program, asked = {}) {
    const file = fileURLToPath(new URL(`../processes/${program}.mjs`, import.meta.url));
    this.#process = fork(file, [], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.#process.stderr?.on('data', (/** @type {Buffer} */ bytes) => {
      this.#complaint = `${this.#complaint}${bytes.toString()}`.slice(-mostComplaint);
    });
    this.ended = once(this.#process, 'exit').then(() => {
      for (const { reject } of this.#open.values()) reject(new Error('the process has ended'));
      this.#open.clear();
    });
    this.#process.on('message', (/** @type {any} */ message) => {
      if (message.ask !== undefined) {
        const answer = asked[message.ask];
        void Promise.resolve(answer?.(...message.args)).then((value) => this.#send({ answered: message.id, value }));
        return;
      }
      const call = this.#open.get(message.id);
      this.#open.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(message.error));
    });
  }

  /** What it has written to its standard error, the last of it. */
  get complaint() {
    return this.#complaint;
  }

  get isRunning() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Rejects when the process says no, or ends.
   * @param {string} name
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  call(name, ...args) {
    const id = (this.#calls += 1);
    return new Promise((resolve, reject) => {
      if (!this.isRunning) {
        reject(new Error('the process has ended'));
        return;
      }
      this.#open.set(id, { resolve, reject });
      this.#send({ id, call: name, args });
    });
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    if (this.isRunning) this.#process.kill(signal);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** @param {object} message */
  #send(message) {
    // A process that is killed meanwhile is told of by its end.
    this.#process.send(message, () => undefined);
  }
}
