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
  | 'restoreFailed';

/** Whose fault a failed request was, as the server says (wire protocol §3.2). */
export type FailureCategory = 'user' | 'server' | 'unknown';

/** A step of restoring a training client from a checkpoint. */
export type RestoreStep = 'readingMetadata' | 'creatingModel' | 'loading';

/** What is known about a failure beside its message. Every field is absent when not known. */
export interface TinkerErrorDetails {
  /** The argument, option or environment variable that was refused. */
  readonly field?: string | undefined;
  readonly category?: FailureCategory | undefined;
  /** Whether sending the same thing again later may succeed. */
  readonly retriable?: boolean | undefined;
  readonly operationId?: string | undefined;
  readonly seqId?: number | undefined;
  readonly requestId?: string | undefined;
  /** HTTP status of the last answer. */
  readonly status?: number | undefined;
  /** How many times the request was sent. */
  readonly attempts?: number | undefined;
  readonly queueState?: string | undefined;
  /** Milliseconds from the first attempt to the failure. */
  readonly elapsedMs?: number | undefined;
  /** The restore step that failed; only on kind `restoreFailed`. */
  readonly step?: RestoreStep | undefined;
  readonly cause?: unknown;
}

/** The same facts as plain data, safe to log and to send between processes. */
export interface TinkerErrorSummary extends Omit<TinkerErrorDetails, 'cause'> {
  readonly kind: TinkerErrorKind;
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
 * | `timeout` | a deadline passed while waiting |
 * | `http` | the server refused the request with a status |
 * | `requestFailed` | the server accepted the operation and reports that it failed |
 * | `promiseExpired` | the server no longer holds the result of the operation (HTTP 410) |
 * | `malformedResponse` | the server answered 2xx with something that is not the promised message |
 * | `billing` | the account is blocked and the waiting time for it is used up (HTTP 402) |
 * | `sessionLost` | the server no longer knows the session |
 * | `cancelled` | the operation was cancelled, or its client was closed |
 * | `wedged` | the server may or may not have taken the operation; `retry()` or `skip()` decides |
 * | `restoreFailed` | a training client could not be restored; `step` names where |
 *
 * `instanceof` works across copies of the package and across realms.
 */
export class TinkerError extends Error {
  override readonly name = 'TinkerError';
  readonly kind: TinkerErrorKind;
  readonly field: string | undefined;
  readonly category: FailureCategory | undefined;
  readonly retriable: boolean;
  readonly operationId: string | undefined;
  readonly seqId: number | undefined;
  readonly requestId: string | undefined;
  readonly status: number | undefined;
  readonly attempts: number | undefined;
  readonly queueState: string | undefined;
  readonly elapsedMs: number | undefined;
  readonly step: RestoreStep | undefined;
  readonly [marker] = true;

  constructor(kind: TinkerErrorKind, message: string, details: TinkerErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.field = details.field;
    this.category = details.category;
    this.retriable = details.retriable ?? false;
    this.operationId = details.operationId;
    this.seqId = details.seqId;
    this.requestId = details.requestId;
    this.status = details.status;
    this.attempts = details.attempts;
    this.queueState = details.queueState;
    this.elapsedMs = details.elapsedMs;
    this.step = details.step;
  }

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
    operationId: error.operationId,
    seqId: error.seqId,
    requestId: error.requestId,
    status: error.status,
    attempts: error.attempts,
    queueState: error.queueState,
    elapsedMs: error.elapsedMs,
    step: error.step,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** A `validation` error for one argument: what was given and what is allowed. */
export function invalid(field: string, given: unknown, allowed: string): TinkerError {
  return new TinkerError('validation', `${field}: got ${show(given)}, expected ${allowed}`, { field });
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
  const text = typeof value === 'string' ? JSON.stringify(value) : describe(value);
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
