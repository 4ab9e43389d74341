import type { TinkerError } from '../types/errors.js';
import type { OperationStatus } from '../operation.js';

/** How large a call is. */
export interface OperationSize {
  /** Estimated bytes of its bodies. */
  readonly bytes: number;
  /** Requests that it is sent as. */
  readonly parts: number;
}

/** Told what becomes of the operations of one client, for inspection. None of it may throw. */
export interface OperationWatch {
  called(id: string, kind: string, size: OperationSize | undefined): void;
  /** It was refused before it could be queued. */
  refused(id: string, kind: string, error: TinkerError): void;
  /** It goes out under these numbers. */
  sending(id: string, seqIds: readonly number[], optimStepsBefore: number | undefined): void;
  accepted(id: string, requestId: string | undefined): void;
  /** It failed in passing, and is asked for anew under a new number. */
  askedAnew(id: string, error: TinkerError): void;
  queueState(id: string, status: OperationStatus, queueState: string | undefined, reason: string | undefined): void;
  done(id: string, downloadMs: number): void;
  /** One that is wedged may be sent again. */
  failed(id: string, error: TinkerError): void;
  /** Nothing of it is under way any more. */
  forgotten(id: string): void;
}
