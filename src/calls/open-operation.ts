import type * as E from 'fp-ts/lib/Either.js';
import type { OperationState } from '../operation.js';
import type { TinkerError } from '../types/errors.js';

/** What becomes of an operation once the server has it, for those whose result tells. */
export interface Dispatch {
  readonly seqId: number;
  /** Optimizer steps that the server accepted before this operation. */
  readonly optimStepsBefore: number;
}

/** The same while it may still turn out to be another. */
type Counted = { -readonly [K in keyof Dispatch]: Dispatch[K] };

/** An operation between its call and its outcome. */
export interface OpenOperation {
  /** Its place among all calls of the client. */
  readonly order: number;
  readonly state: OperationState;
  readonly operation: { fail: (error: TinkerError) => void; reopen: () => void };
  /** Settles the operation with what its parts have brought. */
  readonly finish: (dispatch: Dispatch) => E.Either<TinkerError, unknown>;
  readonly queuedAt: number;
  /** When the present leg of its way began. */
  legAt: number;
  dispatch: Counted;
  /** Whether the server has not answered yet: until then its bodies are needed, whoever waits. */
  isSending: boolean;
  release: () => void;
}

/** Of one that was just called. */
export function newState(id: string, kind: string): OperationState {
  return {
    id,
    kind,
    status: 'queued',
    seqId: undefined,
    requestId: undefined,
    queueState: undefined,
    queueStateReason: undefined,
    timings: { queuedMs: undefined, sendingMs: undefined, serverMs: undefined, downloadMs: undefined },
  };
}
