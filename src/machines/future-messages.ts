import type { TinkerError } from '../types/errors.js';

/** Limits of waiting for a result, in milliseconds. */
export interface FuturePolicy {
  readonly pollTimeoutMs: number;
  /** How long the server may be out of reach, or failing, without a break. */
  readonly unreachableDeadlineMs: number;
  readonly billingDeadlineMs: number;
}

export interface FutureInput {
  readonly key: string;
  readonly part: number;
  readonly kind: string;
  readonly seqId: number | undefined;
  readonly requestId: string;
  readonly policy: FuturePolicy;
}

export interface PollInput {
  readonly key: string;
  readonly part: number;
  readonly requestId: string;
  /** Counted from 0. */
  readonly iteration: number;
  readonly allowMetadataOnly: boolean;
}

export interface ReserveInput {
  readonly key: string;
  readonly part: number;
  readonly bytes: number;
}

/** What a poll found out. `ready` means that the result has been decoded and delivered. */
export type PollOutcome =
  | { readonly kind: 'ready'; readonly downloadMs: number }
  | { readonly kind: 'pending'; readonly queueState: string | undefined; readonly reason: string | undefined }
  | { readonly kind: 'announced'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly error: TinkerError }
  | { readonly kind: 'billing'; readonly error: TinkerError }
  | { readonly kind: 'doubtful'; readonly error: TinkerError; readonly jitter: number }
  | {
      readonly kind: 'unreachable';
      readonly error: TinkerError;
      readonly retryAfterMs: number | undefined;
      readonly elapsedMs: number;
      readonly jitter: number;
    };
export type PollOf<K extends PollOutcome['kind']> = Extract<PollOutcome, { kind: K }>;

/** How the wait for a result ended. */
export type FutureOutput =
  | { readonly status: 'done'; readonly downloadMs: number }
  | { readonly status: 'failed'; readonly error: TinkerError };

/** What the parent hears when the result is there or will never be. */
export interface FutureSettled {
  readonly type: 'future.settled';
  readonly key: string;
  readonly part: number;
  readonly output: FutureOutput;
}

/** What the parent hears when the server pauses the operation or takes it up again. */
export interface FutureQueueState {
  readonly type: 'future.queueState';
  readonly key: string;
  readonly queueState: string | undefined;
  readonly reason: string | undefined;
}
