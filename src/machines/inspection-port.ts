import type { PollInput, PollOutcome } from './future-messages.js';
import type { AttemptInput, FailedAttempt } from './request-messages.js';

/** What inspection is told at the transport, and what it adds to requests; none of it may delay or throw. */
export interface InspectionPort {
  /** An attempt begins, with the making of its body. */
  readonly attempting: (input: AttemptInput) => void;
  /** The body of a part is written and goes out. */
  readonly bodyWritten: (key: string) => void;
  /** The attempt was answered, after so many milliseconds. */
  readonly attemptAnswered: (input: AttemptInput, requestId: string | undefined, ms: number) => void;
  readonly attemptFailed: (input: AttemptInput, outcome: FailedAttempt) => void;
  /** The attempt was given up without an answer: its time was over, or nobody wants it any more. */
  readonly attemptUnanswered: (input: AttemptInput) => void;
  /** The same of a poll. */
  readonly pollUnanswered: (input: PollInput) => void;
  readonly polled: (input: PollInput, outcome: PollOutcome) => void;
  /** The caller's own function makes a second pass of the first results. */
  readonly computing: (key: string) => void;
  /** Headers for the requests of an operation; undefined for none. */
  readonly headersOf: (key: string) => Readonly<Record<string, string>> | undefined;
}
