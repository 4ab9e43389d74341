import type { PollInput, PollOutcome } from './future-messages.js';
import type { AttemptInput, FailedAttempt } from './request-messages.js';

/** One attempt to send a batch. */
export interface TelemetrySendInput {
  /** Whether the batch is given up when this attempt fails. */
  readonly isLast: boolean;
}

/**
 * How a batch fared: taken, refused for good, failed in passing, or sent to a server that takes no
 * telemetry at all. `waiting` events are left then.
 */
export interface TelemetrySent {
  readonly kind: 'accepted' | 'refused' | 'failed' | 'notOffered';
  readonly waiting: number;
}

/** What telemetry is told at the transport; none of it may delay or throw. */
export interface TelemetryPort {
  readonly attemptFailed: (input: AttemptInput, outcome: FailedAttempt) => void;
  readonly polled: (input: PollInput, outcome: PollOutcome) => void;
  /** Sends the oldest events; never rejects. */
  readonly send: (input: TelemetrySendInput, signal: AbortSignal) => Promise<TelemetrySent>;
}
