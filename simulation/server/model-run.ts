import type { Submitted } from '../network/reading.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { Future } from './futures.js';

/** One operation that the server has executed, in the order in which it did. */
export interface LedgerEntry extends Submitted {
  readonly at: number;
  readonly requestId: string;
  /** A failed one has changed nothing. */
  readonly outcome: 'done' | 'failed';
}

/** An accepted operation that waits for its turn. */
export interface Waiting {
  readonly submitted: Submitted;
  readonly future: Future;
  readonly durationMs: number;
  /** Does it; nothing more is executed before it has ended. */
  readonly execute: (waiting: Waiting) => void;
  readonly tooLate: (waiting: Waiting) => void;
}

/** A number that was used, and for what. */
export interface Receipt {
  readonly identity: string;
  readonly future: Future;
}

/**
 * The operations of one model, executed one at a time and strictly by number, in whatever order they come (wire protocol §9.2). A
 * number that is missing is waited for, then passed over.
 */
export class ModelRun {
  readonly receipts = new Map<number, Receipt>();
  /** Why nothing is executed any more. */
  gone: string | undefined;
  readonly #time: VirtualTime;
  readonly #missingSeqTimeoutMs: number;
  /** Whether the order is kept; a server that does not is there to be found out. */
  readonly #keepsOrder: boolean;
  #waiting: Waiting[] = [];
  #next = 1;
  #running: Waiting | undefined;
  #giveUpMissing: () => void = () => undefined;

  constructor(time: VirtualTime, missingSeqTimeoutMs: number, keepsOrder = true) {
    this.#time = time;
    this.#missingSeqTimeoutMs = missingSeqTimeoutMs;
    this.#keepsOrder = keepsOrder;
  }

  push(waiting: Waiting): void {
    if (waiting.submitted.seqId < this.#next && this.#keepsOrder) {
      waiting.tooLate(waiting);
      return;
    }
    this.#waiting.push(waiting);
    this.#advance();
  }

  /** Ends it; gives what was accepted and is not executed any more. */
  end(why: string): readonly Waiting[] {
    this.gone = why;
    this.#giveUpMissing();
    const left = this.#running === undefined ? this.#waiting : [this.#running, ...this.#waiting];
    this.#waiting = [];
    this.#running = undefined;
    return left;
  }

  #advance(): void {
    if (this.#running !== undefined || this.gone !== undefined) return;
    this.#giveUpMissing();
    const at = this.#keepsOrder ? this.#waiting.findIndex(({ submitted }) => submitted.seqId === this.#next) : 0;
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (waiting !== undefined) {
      this.#run(waiting);
    } else if (this.#waiting.length > 0) {
      this.#giveUpMissing = this.#time.after(this.#missingSeqTimeoutMs, () => {
        this.#next = Math.min(...this.#waiting.map(({ submitted }) => submitted.seqId));
        this.#advance();
      });
    }
  }

  #run(waiting: Waiting): void {
    this.#running = waiting;
    this.#time.after(waiting.durationMs, () => {
      if (this.#running !== waiting) return;
      this.#running = undefined;
      this.#next = Math.max(this.#next, waiting.submitted.seqId + 1);
      waiting.execute(waiting);
      this.#advance();
    });
  }
}
