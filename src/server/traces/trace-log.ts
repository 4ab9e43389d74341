/** One operation and its times, in milliseconds since the epoch. */
export interface TracedOperation {
  readonly sessionId: string;
  /** The model, or the sampling session. */
  readonly on: string;
  readonly kind: string;
  readonly seqId: number | bigint | undefined;
  readonly requestId: string;
  readonly outcome: 'done' | 'failed';
  readonly acceptedAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
}

const mostOperations = 20_000;

/** The latest operations of this server process, for the traces of sessions. */
export class TraceLog {
  readonly #operations: TracedOperation[] = [];

  add(operation: TracedOperation): void {
    this.#operations.push(operation);
    if (this.#operations.length > mostOperations) this.#operations.shift();
  }

  /** The operations of one session, in the order in which they ended. */
  ofSession(sessionId: string): readonly TracedOperation[] {
    return this.#operations.filter((operation) => operation.sessionId === sessionId);
  }
}
