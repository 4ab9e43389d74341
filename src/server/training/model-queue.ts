import type { Clock } from '../clock.js';

/** How many refused numbers in a row may come again: the chunks of one pass, refused in protobuf and sent in JSON. */
const mostReturning = 256;

/** One accepted operation of a model. */
export interface QueuedOperation {
  /** Absent when the client sent none: then the order of arrival decides. */
  readonly seqId: number | undefined;
  /** Whether its effect outlives the process, as that of a save does. */
  readonly lasting: boolean;
  /** Does the work and records its outcome; never rejects. */
  execute(): Promise<void>;
  /** Told instead of `execute` when the queue ends first. */
  abandon(): void;
}

export interface ModelQueueOptions {
  readonly clock: Clock;
  /** How long a missing number is waited for. */
  readonly missingSeqTimeoutMs: number;
  /** Told which numbers, `from` to `to` inclusive, are not waited for any longer. */
  readonly onSkip: (from: number, to: number) => void;
}

/**
 * The operations of one model, executed one at a time and strictly by `seq_id`, in whatever order
 * they arrive (wire protocol §9.2). Gaps are real: a client that gave an operation up never sends
 * its number, so a missing number is waited for, then skipped.
 */
export class ModelQueue {
  readonly #options: ModelQueueOptions;
  #waiting: QueuedOperation[] = [];
  readonly #answered = new Set<number>();
  #next = 1;
  /** All numbers from here up to the next were refused: each may still come again, in another form. */
  #returning = 1;
  #running = false;
  #ended = false;
  /** How many more operations are executed while draining; undefined before. */
  #left: number | undefined;
  #cancelTimer: (() => void) | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: ModelQueueOptions) {
    this.#options = options;
  }

  /** The number that is executed next. */
  get next(): number {
    return this.#next;
  }

  /** Operations accepted and not yet finished. */
  get size(): number {
    return this.#waiting.length + (this.#running ? 1 : 0);
  }

  /** Of these, how many {@link ModelQueue.drain} would finish. */
  get lasting(): number {
    return lastLasting(this.#order()) + 1 + (this.#running ? 1 : 0);
  }

  /** Refused numbers whose turn is not over. */
  get refusedAhead(): number {
    return this.#answered.size;
  }

  /** Whether the turn of this number is over. That of a refused one is only when a later one was executed. */
  isOver(seqId: number): boolean {
    return seqId < this.#returning;
  }

  push(operation: QueuedOperation): void {
    if (this.#ended || this.#left !== undefined) {
      operation.abandon();
      return;
    }
    this.#waiting.push(operation);
    this.#advance();
  }

  /** Counts a number as answered although nothing is executed for it: the server refused it. */
  markAnswered(seqId: number): void {
    if (!this.isOver(seqId)) this.#answered.add(seqId);
    this.#advance();
  }

  /**
   * Executes what has a lasting effect, and what comes before it, then ends. What comes after the
   * last save would be lost with the process anyway. Settles when nothing runs any more.
   */
  async drain(): Promise<void> {
    this.#left = lastLasting(this.#order()) + 1;
    this.#advance();
    await this.#idle();
    this.#abandonAll();
  }

  /** Ends at once; settles when the running operation has finished. */
  async stop(): Promise<void> {
    this.#abandonAll();
    await this.#idle();
  }

  #abandonAll(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    const abandoned = this.#waiting;
    this.#waiting = [];
    for (const operation of abandoned) operation.abandon();
  }

  #advance(): void {
    if (this.#running || this.#ended) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#next = this.#pastAnswered(this.#returning, this.#waiting);
    this.#returning = Math.max(this.#returning, this.#next - mostReturning);
    for (const seqId of this.#answered) {
      if (this.isOver(seqId)) this.#answered.delete(seqId);
    }
    const operation = this.#left === 0 ? undefined : pick(this.#waiting, this.#next);
    if (operation !== undefined) this.#run(operation);
    else if (this.#left !== undefined) this.#settleIdle();
    else if (this.#waiting.length > 0) this.#waitForMissing();
  }

  #run(operation: QueuedOperation): void {
    this.#running = true;
    this.#waiting = this.#waiting.filter((other) => other !== operation);
    if (operation.seqId !== undefined) this.#next = this.#returning = operation.seqId + 1;
    if (this.#left !== undefined) this.#left -= 1;
    void operation.execute().finally(() => {
      this.#running = false;
      if (this.#ended) this.#settleIdle();
      this.#advance();
    });
  }

  #waitForMissing(): void {
    const { clock, missingSeqTimeoutMs, onSkip } = this.#options;
    this.#cancelTimer = clock.after(missingSeqTimeoutMs, () => {
      const missing = this.#next;
      this.#next = Math.min(...this.#waiting.map((operation) => operation.seqId ?? missing));
      this.#returning = this.#next;
      onSkip(missing, this.#next - 1);
      this.#advance();
    });
  }

  #pastAnswered(from: number, waiting: readonly QueuedOperation[]): number {
    let next = from;
    while (this.#answered.has(next) && !waiting.some((operation) => operation.seqId === next)) next += 1;
    return next;
  }

  /** What would be executed, in order, if nothing more arrived. */
  #order(): readonly QueuedOperation[] {
    const order: QueuedOperation[] = [];
    let waiting = this.#waiting;
    let next = this.#returning;
    for (;;) {
      next = this.#pastAnswered(next, waiting);
      const operation = pick(waiting, next);
      if (operation === undefined) return order;
      order.push(operation);
      waiting = waiting.filter((other) => other !== operation);
      if (operation.seqId !== undefined) next = operation.seqId + 1;
    }
  }

  async #idle(): Promise<void> {
    if (!this.#running && (this.#ended || this.#left === 0 || pick(this.#waiting, this.#next) === undefined)) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #settleIdle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

/** The first operation in order of arrival whose turn it is. */
function pick(waiting: readonly QueuedOperation[], next: number): QueuedOperation | undefined {
  return waiting.find((operation) => operation.seqId === undefined || operation.seqId === next);
}

function lastLasting(order: readonly QueuedOperation[]): number {
  return order.findLastIndex((operation) => operation.lasting);
}
