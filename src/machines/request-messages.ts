import type { TinkerError } from '../types/errors.js';

/** Limits of a request, in milliseconds. */
export interface RequestPolicy {
  readonly attemptTimeoutMs: number;
  /** For all attempts and pauses together, billing pauses apart; 0 means one attempt. */
  readonly deadlineMs: number;
  readonly billingDeadlineMs: number;
}

/** Limits that one request has instead of its service's. */
export type RequestLimits = Partial<RequestPolicy>;

export interface RequestInput {
  /** Under which the request's body and its decoder are kept. */
  readonly key: string;
  /** Which of the parts kept under `key`, from 0. */
  readonly part: number;
  readonly kind: string;
  readonly seqId: number | undefined;
  /** Whether the server may have taken the request in an earlier try; default false. */
  readonly mayBeTaken?: boolean;
  readonly policy: RequestPolicy;
}

export interface AttemptInput {
  readonly key: string;
  readonly part: number;
  readonly kind: string;
  readonly seqId: number | undefined;
  /** Counted from 0. */
  readonly retryCount: number;
}

/** The part that waits for its turn. */
export type TurnInput = Pick<AttemptInput, 'key' | 'part'>;

/** How an attempt ended. `jitter` is drawn with it, so that the machine itself decides nothing by chance. */
export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly requestId: string | undefined }
  /** Nothing was sent: the request has to wait for something on our side first. */
  | { readonly kind: 'held' }
  | {
      readonly kind: 'failed';
      readonly error: TinkerError;
      readonly verdict: 'transient' | 'billing' | 'definite';
      readonly mayBeTaken: boolean;
      readonly retryAfterMs: number | undefined;
      readonly elapsedMs: number;
      readonly jitter: number;
    };
export type AttemptEnd = Exclude<AttemptOutcome, { kind: 'held' }>;
export type FailedAttempt = Extract<AttemptOutcome, { kind: 'failed' }>;

/** How a request ended. */
export type RequestOutput =
  | { readonly status: 'answered'; readonly requestId: string | undefined; readonly error?: undefined }
  | { readonly status: 'refused' | 'uncertain'; readonly error: TinkerError };

/** What the parent hears when the request waits for the account to be in order, and when it goes on. */
export interface RequestPaused {
  readonly type: 'request.paused';
  readonly key: string;
  /** Undefined when it goes on. */
  readonly queueState: 'paused_billing' | undefined;
  readonly reason: string | undefined;
}

/** What the parent hears when the request has ended. */
export interface RequestSettled {
  readonly type: 'request.settled';
  readonly key: string;
  readonly part: number;
  readonly output: RequestOutput;
}
