/** What kind of thing went wrong; decides what a caller can do about it. */
export type TinkerErrorKind =
  | 'validation'
  | 'connection'
  | 'timeout'
  | 'http'
  | 'requestFailed'
  | 'promiseExpired'
  | 'malformedResponse'
  | 'billing'
  | 'sessionLost'
  | 'cancelled'
  | 'wedged'
  | 'restoreFailed'
  | 'journal';

/** Whose fault a failed request was, as the server says (wire protocol §3.2). */
export type FailureCategory = 'user' | 'server' | 'unknown';

/** A step of restoring a training client from a checkpoint. */
export type RestoreStep = 'readingMetadata' | 'creatingModel' | 'loading';

/** What is known about a failure beside its message. Every field is absent when not known. */
export interface TinkerErrorDetails {
  /** The argument, option or environment variable that was refused; on kind `validation`. */
  readonly field?: string | undefined;
  /** Whose fault it was, as the server says or as its status tells (wire protocol §3.2). */
  readonly category?: FailureCategory | undefined;
  /** Whether sending the same thing again later may succeed; false when absent. */
  readonly retriable?: boolean | undefined;
  /** What was called or waited for, such as `optimStep`; on kind `timeout`. */
  readonly operation?: string | undefined;
  /** Id of the operation that failed, as `Operation.id` has it. */
  readonly operationId?: string | undefined;
  /** Number of the request among those of its model, counted from 1 (wire protocol §4.1). */
  readonly seqId?: number | undefined;
  /** The server's name for the accepted request (wire protocol §3.1). */
  readonly requestId?: string | undefined;
  /** HTTP status of the last answer. */
  readonly status?: number | undefined;
  /** How many times the request was sent. */
  readonly attempts?: number | undefined;
  /** How many times its result was asked for. */
  readonly polls?: number | undefined;
  /** What the server said last of its queue, such as `paused_capacity` (wire protocol §3.2). */
  readonly queueState?: string | undefined;
  /** Why it said so, in its own words. */
  readonly queueStateReason?: string | undefined;
  /** Milliseconds from the first attempt to the failure. */
  readonly elapsedMs?: number | undefined;
  /** The restore step that failed; only on kind `restoreFailed`. */
  readonly step?: RestoreStep | undefined;
  /** What was thrown below, where something was. */
  readonly cause?: unknown;
}

/** The same facts as plain data, safe to log and to send between processes. */
export interface TinkerErrorSummary extends Omit<TinkerErrorDetails, 'cause'> {
  /** What kind of thing went wrong. */
  readonly kind: TinkerErrorKind;
  /** What went wrong, in words for people; not to be told apart by. */
  readonly message: string;
}

const marker = Symbol.for('tinkerjs.TinkerError');

/**
 * The only error class this package rejects with. Tell errors apart by {@link TinkerError.kind}:
 *
 * | kind | thrown when |
 * | --- | --- |
 * | `validation` | an argument, option or environment value is refused before anything is sent |
 * | `connection` | the server could not be reached, or the connection broke |
 * | `timeout` | a deadline passed while waiting; `operation`, `elapsedMs`, `attempts`, `polls`, `status` and `queueState` say for what, and how far it was |
 * | `http` | the server refused the request with a status |
 * | `requestFailed` | the server accepted the operation and reports that it failed |
 * | `promiseExpired` | the server no longer holds the result of the operation (HTTP 410) |
 * | `malformedResponse` | the server answered 2xx with something that is not the promised message |
 * | `billing` | the account is blocked and the waiting time for it is used up (HTTP 402) |
 * | `sessionLost` | the server no longer knows the session |
 * | `cancelled` | the operation was cancelled, or its client was closed |
 * | `wedged` | the server may or may not have taken the operation; `retry()` or `skip()` decides |
 * | `restoreFailed` | a training client could not be restored; `step` names where |
 * | `journal` | the journal cannot be written, read or gone on with; nothing was sent that it does not hold |
 *
 * `instanceof` works across copies of the package and across realms.
 */
export class TinkerError extends Error {
  override readonly name = 'TinkerError';
  /** What kind of thing went wrong: what to tell errors apart by. */
  readonly kind: TinkerErrorKind;
  /** The argument, option or environment variable that was refused; on kind `validation`. */
  readonly field: string | undefined;
  /** Whose fault it was, as the server says or as its status tells (wire protocol §3.2). */
  readonly category: FailureCategory | undefined;
  /** Whether sending the same thing again later may succeed; default false. */
  readonly retriable: boolean;
  /** What was called or waited for, such as `optimStep`; on kind `timeout`. */
  readonly operation: string | undefined;
  /** Id of the operation that failed, as `Operation.id` has it. */
  readonly operationId: string | undefined;
  /** Number of the request among those of its model, counted from 1 (wire protocol §4.1). */
  readonly seqId: number | undefined;
  /** The server's name for the accepted request (wire protocol §3.1). */
  readonly requestId: string | undefined;
  /** HTTP status of the last answer. */
  readonly status: number | undefined;
  /** How many times the request was sent. */
  readonly attempts: number | undefined;
  /** How many times its result was asked for. */
  readonly polls: number | undefined;
  /** What the server said last of its queue, such as `paused_capacity` (wire protocol §3.2). */
  readonly queueState: string | undefined;
  /** Why it said so, in its own words. */
  readonly queueStateReason: string | undefined;
  /** Milliseconds from the first attempt to the failure. */
  readonly elapsedMs: number | undefined;
  /** The restore step that failed; only on kind `restoreFailed`. */
  readonly step: RestoreStep | undefined;
  readonly [marker] = true;

  /** @param details what is known beside the message; its `cause` becomes the error's own */
  constructor(kind: TinkerErrorKind, message: string, details: TinkerErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.field = details.field;
    this.category = details.category;
    this.retriable = details.retriable ?? false;
    this.operation = details.operation;
    this.operationId = details.operationId;
    this.seqId = details.seqId;
    this.requestId = details.requestId;
    this.status = details.status;
    this.attempts = details.attempts;
    this.polls = details.polls;
    this.queueState = details.queueState;
    this.queueStateReason = details.queueStateReason;
    this.elapsedMs = details.elapsedMs;
    this.step = details.step;
  }

  /** Knows the errors of other copies of the package and of other realms by their mark. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && marker in value;
  }

  /** The error as plain data: the known facts without `cause` and stack. */
  toJSON(): TinkerErrorSummary {
    return { kind: this.kind, message: this.message, retriable: this.retriable, ...knownFacts(this) };
  }

  /** The same error with more facts; what is already known is kept unless named again. */
  with(details: TinkerErrorDetails, message: string = this.message): TinkerError {
    return new TinkerError(this.kind, message, { retriable: this.retriable, cause: this.cause, ...knownFacts(this), ...details });
  }
}

function knownFacts(error: TinkerError): TinkerErrorDetails {
  const facts: TinkerErrorDetails = {
    field: error.field,
    category: error.category,
    operation: error.operation,
    operationId: error.operationId,
    seqId: error.seqId,
    requestId: error.requestId,
    status: error.status,
    attempts: error.attempts,
    polls: error.polls,
    queueState: error.queueState,
    queueStateReason: error.queueStateReason,
    elapsedMs: error.elapsedMs,
    step: error.step,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** A `validation` error for one argument: what was given and what is allowed. */
export function invalid(field: string, given: unknown, allowed: string): TinkerError {
  return invalidPhrase(field, show(given), allowed);
}

/** As {@link invalid}, where words tell better what was given than its value: they are printed as they are. */
export function invalidPhrase(field: string, given: string, allowed: string): TinkerError {
  return new TinkerError('validation', `${field}: got ${shortened(given)}, expected ${allowed}`, { field });
}

/** Turns anything thrown into a `TinkerError`, keeping it when it already is one. */
export function toTinkerError(thrown: unknown, kind: TinkerErrorKind = 'connection'): TinkerError {
  if (thrown instanceof TinkerError) return thrown;
  return new TinkerError(kind, messageOf(thrown), { cause: thrown });
}

/** What anything thrown says. Told by its fields, not its class: errors of other realms say it too. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const said = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : undefined;
  return typeof said === 'string' ? said : show(thrown);
}

/** The text with a full stop, unless it ends a sentence already: for messages with more to come. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

const longestShown = 80;

/** A short, one-line picture of a value for error messages. */
export function show(value: unknown): string {
  return shortened(typeof value === 'string' ? JSON.stringify(value) : describe(value));
}

function shortened(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return String(value);
}
