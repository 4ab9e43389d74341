import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { checkWait, within, type WaitOptions } from './calls/wait.js';
import type { Environment } from './machines/environment.js';
import { TinkerError, toTinkerError } from './types/errors.js';
import { operationName } from './types/operation-name.js';
import { factsInWords, type WaitFacts } from './types/wait-facts.js';

/**
 * Where an operation is on its way: `queued` with the client, `sending`, `polling` for its result,
 * `paused` while the server lets it wait; then `done`, `failed` or `cancelled`.
 */
export type OperationStatus = 'queued' | 'sending' | 'polling' | 'paused' | 'done' | 'failed' | 'cancelled';

/** How long each leg took so far, in milliseconds; absent until the leg is over. */
export interface OperationTimings {
  /** From the call until the first request is sent. */
  readonly queuedMs: number | undefined;
  /** From then until the server has accepted all of it. */
  readonly sendingMs: number | undefined;
  /** From acceptance to the result, download included. */
  readonly serverMs: number | undefined;
  /** Reading the result; a part of `serverMs`. */
  readonly downloadMs: number | undefined;
}

/** What an operation is told about itself; the client's side of {@link Operation}. */
export interface OperationState {
  readonly id: string;
  readonly kind: string;
  status: OperationStatus;
  seqId: number | undefined;
  requestId: string | undefined;
  queueState: string | undefined;
  queueStateReason: string | undefined;
  timings: OperationTimings;
}

/** What an operation needs of its client. */
export interface OperationHost {
  readonly environment: Environment;
  readonly cancel: (id: string) => void;
  /** How far its request, or the wait for its result, is; absent where nobody knows. */
  readonly facts?: ((id: string) => WaitFacts) | undefined;
  /** Told of every rejection; what nobody has asked for by the time it decides is to be reported. */
  readonly onRejected: (error: TinkerError, isObserved: () => boolean) => void;
}

/**
 * A call on its way: started when it was made, its result kept, awaitable any number of times by any
 * number of callers. Awaiting rejects with a {@link TinkerError}.
 */
export class Operation<T> implements PromiseLike<T> {
  readonly #state: OperationState;
  readonly #host: OperationHost;
  #outcome: Promise<T>;
  #outlet: { readonly resolve: (value: T) => void; readonly reject: (error: TinkerError) => void } | undefined;
  #settled = false;
  #observed = false;

  /** @internal Operations are made by the clients. */
  constructor(state: OperationState, host: OperationHost) {
    this.#state = state;
    this.#host = host;
    this.#outcome = this.#open();
  }

  /** Local and stable; the server does not know it. */
  get id(): string {
    return this.#state.id;
  }

  /** What was called, such as `forwardBackward`. */
  get kind(): string {
    return this.#state.kind;
  }

  /** Where it is on its way; `done` once its result is there. */
  get status(): OperationStatus {
    return this.#state.status;
  }

  /** The operation's number, of its first request where it is sent as several; undefined until it is sent. */
  get seqId(): number | undefined {
    return this.#state.seqId;
  }

  /** The server's name for the operation; undefined until it is accepted. */
  get requestId(): string | undefined {
    return this.#state.requestId;
  }

  /** What the server said last about its queue, for example `paused_capacity`; undefined until it has (wire protocol §3.2). */
  get queueState(): string | undefined {
    return this.#state.queueState;
  }

  /** Why it said so, in its own words; undefined where it gives no reason. */
  get queueStateReason(): string | undefined {
    return this.#state.queueStateReason;
  }

  /** How long each leg took so far. */
  get timings(): OperationTimings {
    return this.#state.timings;
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observed = true;
    return this.#outcome.then(onFulfilled, onRejected);
  }

  /**
   * Waits for the result. Giving up waiting leaves the operation where it is: it stays in the queue,
   * and can be awaited again.
   * @throws TinkerError `timeout` or `cancelled` when the wait is given up, else the operation's own error
   */
  async result(options: WaitOptions = {}): Promise<T> {
    this.#observed = true;
    checkWait(options);
    return within(this.#outcome, options, this.#host.environment.clock, {
      cancelled: () => new TinkerError('cancelled', `The wait for ${this.#describe()} was given up`, this.#facts()),
      timeout: (timeoutMs) => this.timeout(timeoutMs, '. It goes on, and can be awaited again'),
    });
  }

  /**
   * Takes the operation back. While it is queued nothing of it reaches the server and no number is
   * used; after that the server goes on with it, and only the wait for it ends.
   */
  cancel(): void {
    this.#host.cancel(this.id);
  }

  /** The outcome as a value, for users of fp-ts. */
  toTaskEither(): TaskEither<TinkerError, T> {
    return () => this.then(E.right, (thrown: unknown) => E.left(toTinkerError(thrown)));
  }

  /** @internal The error of a wait of `timeoutMs` that was in vain. */
  timeout(timeoutMs: number, next = ''): TinkerError {
    const facts = { ...this.#facts(), operation: this.kind, elapsedMs: timeoutMs };
    return new TinkerError('timeout', `Waited ${timeoutMs} ms for ${this.#describe(facts)}${next}`, facts);
  }

  /** @internal Ends it, with a result or an error. */
  settle(outcome: E.Either<TinkerError, T>): void {
    if (E.isRight(outcome)) this.succeed(outcome.right);
    else this.fail(outcome.left);
  }

  /** @internal Ends it with a result; an operation that has ended stays as it is. */
  succeed(value: T): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#outlet?.resolve(value);
  }

  /** @internal Ends it with an error; an operation that has ended stays as it is. */
  fail(error: TinkerError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#state.status = error.kind === 'cancelled' ? 'cancelled' : 'failed';
    this.#outlet?.reject(error);
    this.#host.onRejected(error, () => this.#observed);
  }

  /** @internal A wedged operation is being sent again: from now on awaiting means the new outcome. */
  reopen(): void {
    if (!this.#settled) return;
    this.#settled = false;
    this.#observed = false;
    this.#outcome = this.#open();
  }

  #open(): Promise<T> {
    const outcome = new Promise<T>((resolve, reject) => {
      this.#outlet = { resolve, reject };
    });
    // A rejection is reported through onUnobserved instead of ending the process.
    outcome.catch(() => undefined);
    return outcome;
  }

  #facts() {
    const { id, seqId, requestId, queueState, queueStateReason } = this.#state;
    return { ...this.#host.facts?.(id), operationId: id, seqId, requestId, queueState, queueStateReason };
  }

  #describe(facts: WaitFacts = this.#facts()): string {
    const { kind, id, seqId, status } = this.#state;
    const words = [status, ...(seqId === undefined ? [] : [`seq_id ${seqId}`]), ...factsInWords(facts)];
    return `${operationName(kind, id)} (${words.join(', ')})`;
  }
}
