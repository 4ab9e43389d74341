import type * as E from 'fp-ts/lib/Either.js';
import { newState, type Dispatch, type OpenOperation } from './open-operation.js';
import type { Environment, KeepAlive } from '../machines/environment.js';
import { listed } from '../machines/listed.js';
import type { WorkTable } from '../machines/work.js';
import { Operation, type OperationHost, type OperationStatus, type OperationTimings } from '../operation.js';
import type { WaitOptions } from './wait.js';
import type { TinkerError } from '../types/errors.js';
import { watchLimits } from './limits.js';
import type { OperationSize, OperationWatch } from './operation-watch.js';
import { UnobservedRejections } from './unobserved.js';

// Any other status is final: an operation that was cancelled stays that, though the server goes on with it.
const underway: ReadonlySet<OperationStatus> = new Set(['sending', 'polling', 'paused']);

/** What the operations of one client need of it. */
export interface OperationsHost {
  readonly environment: Environment;
  readonly work: WorkTable;
  readonly keepAlive: KeepAlive;
  readonly onError: (error: TinkerError) => void;
  /** Absent where nobody inspects. */
  readonly watch?: OperationWatch | undefined;
}

/**
 * The open operations of one client: turns what is reported of them into the state that callers see,
 * and settles them.
 */
export class OpenOperations {
  readonly #open = new Map<string, OpenOperation>();
  readonly #host: OperationsHost;
  readonly #cancel: (id: string) => void;
  readonly #unobserved: UnobservedRejections;
  #calls = 0;

  /** @param cancel takes an operation back */
  constructor(host: OperationsHost, cancel: (id: string) => void) {
    this.#host = host;
    this.#cancel = cancel;
    this.#unobserved = new UnobservedRejections(host.onError);
  }

  /**
   * Opens an operation; `result` gives its value once all its parts have theirs. The limits hold for
   * the operation itself: when one is reached it is taken back, as `cancel()` does.
   */
  open<A>(
    id: string,
    kind: string,
    limits: WaitOptions,
    result: (dispatch: Dispatch) => E.Either<TinkerError, A>,
    size?: OperationSize,
  ): Operation<A> {
    const state = newState(id, kind);
    this.#host.watch?.called(id, kind, size);
    this.#calls += 1;
    const order = this.#calls;
    const operation = new Operation<A>(state, this.#operationHost(order));
    const queuedAt = this.#host.environment.now();
    this.#open.set(id, {
      order,
      state,
      operation,
      finish: (dispatch) => {
        const outcome = result(dispatch);
        operation.settle(outcome);
        return outcome;
      },
      queuedAt,
      legAt: queuedAt,
      dispatch: { seqId: 0, optimStepsBefore: 0 },
      isSending: false,
      release: this.#hold(operation, limits),
    });
    return operation;
  }

  /** An operation that was refused before it could be queued. */
  refused<A>(id: string, kind: string, error: TinkerError): Operation<A> {
    this.#calls += 1;
    const operation = new Operation<A>(newState(id, kind), this.#operationHost(this.#calls));
    this.#host.watch?.refused(id, kind, error);
    operation.fail(error.with({ operationId: id }));
    return operation;
  }

  /** Milliseconds since an operation was called; 0 for one that is not open. */
  ageOf(id: string): number {
    const now = this.#host.environment.now();
    return now - (this.#open.get(id)?.queuedAt ?? now);
  }

  #operationHost(order: number): OperationHost {
    return {
      environment: this.#host.environment,
      facts: (id) => this.#host.work.factsOf(id),
      cancel: this.#cancel,
      onRejected: (error, isObserved) => {
        this.#unobserved.add(order, error, isObserved);
        this.#reportSoon();
      },
    };
  }

  #reportSoon(): void {
    this.#unobserved.reportSoon(() => this.#firstOpen());
  }

  /** They are kept in the order of their calls. */
  #firstOpen(): number {
    for (const { order } of this.#open.values()) return order;
    return Infinity;
  }

  /** Keeps the process running and watches the limits, until the returned function is called. */
  #hold<A>(operation: Operation<A>, limits: WaitOptions): () => void {
    const letGo = this.#host.keepAlive.hold();
    const stop = watchLimits(limits, this.#host.environment.clock, {
      abort: () => operation.cancel(),
      timeout: (afterMs) => {
        const error = operation.timeout(afterMs);
        this.#host.watch?.failed(operation.id, error);
        operation.fail(error);
        operation.cancel();
      },
    });
    return () => {
      letGo();
      stop();
    };
  }

  /** It is being sent, under these numbers; training operations tell the optimizer steps before them. */
  sending(id: string, seqIds: readonly number[], optimStepsBefore?: number): void {
    const seqId = Math.min(...seqIds);
    this.#host.watch?.sending(id, seqIds, optimStepsBefore);
    this.#change(id, (open) => {
      open.operation.reopen();
      open.state.status = 'sending';
      open.state.seqId = seqId;
      open.dispatch = { seqId, optimStepsBefore: optimStepsBefore ?? 0 };
      open.isSending = true;
      this.#time(open, (queuedMs) => ({ queuedMs: open.state.timings.queuedMs ?? queuedMs }));
    });
  }

  /** The server has taken it. */
  accepted(id: string, requestId: string | undefined): void {
    this.#host.work.get(id)?.releaseBodies?.();
    this.#change(id, (open) => {
      open.isSending = false;
      open.state.requestId = requestId;
      // One that nobody waits for any more stays what it was called.
      if (!underway.has(open.state.status)) return;
      open.state.status = 'polling';
      this.#host.watch?.accepted(id, requestId);
      this.#time(open, (sendingMs) => ({ sendingMs }));
    });
  }

  /** The server, or the account, holds it up, or lets it go on. */
  queueState(id: string, queueState: string | undefined, reason: string | undefined): void {
    this.#change(id, ({ state, isSending }) => {
      if (!underway.has(state.status)) return;
      state.status = queueState?.startsWith('paused') === true ? 'paused' : isSending ? 'sending' : 'polling';
      state.queueState = queueState;
      state.queueStateReason = reason;
      this.#host.watch?.queueState(id, state.status, queueState, reason);
    });
  }

  /** All its results are there. */
  done(id: string, downloadMs: number): void {
    this.#change(id, (open) => {
      this.#time(open, (serverMs) => ({ serverMs, downloadMs }));
      open.state.status = 'done';
      const outcome = open.finish(open.dispatch);
      if (outcome._tag === 'Left') this.#host.watch?.failed(id, outcome.left);
      else this.#host.watch?.done(id, downloadMs);
    });
    this.forget(id);
  }

  /** A wedged operation is kept: it may be sent again; so is a cancelled one until the actor drops it. */
  failed(id: string, error: TinkerError): void {
    this.#change(id, (open) => {
      // Whoever cancelled it does not wait, but has to know that the queue stands still.
      if (error.kind === 'wedged' && !underway.has(open.state.status)) this.#host.onError(error);
      this.#host.watch?.failed(id, error);
      if (open.state.kind === 'optimStep' && error.kind === 'requestFailed') this.#uncountStep(open.dispatch.seqId);
      open.operation.fail(error);
      open.release();
      if (error.kind !== 'wedged' && !(error.kind === 'cancelled' && open.isSending)) this.forget(id);
    });
  }

  /** An optimizer step came to nothing on the server: what was sent after it does not hold it. */
  #uncountStep(seqId: number): void {
    for (const { dispatch } of this.#open.values()) if (dispatch.seqId > seqId) dispatch.optimStepsBefore -= 1;
  }

  /** Nothing of it is under way any more. */
  forget(id: string): void {
    this.#host.watch?.forgotten(id);
    this.#change(id, (open) => open.release());
    this.#open.delete(id);
    this.#reportSoon();
    this.#host.work.remove(id);
  }

  #change(id: string, change: (open: OpenOperation) => void): void {
    for (const open of listed(this.#open.get(id))) change(open);
  }

  #time(open: OpenOperation, leg: (ms: number) => Partial<OperationTimings>): void {
    const now = this.#host.environment.now();
    open.state.timings = { ...open.state.timings, ...leg(now - open.legAt) };
    open.legAt = now;
  }
}
