import type { PollInput, PollOutcome } from '../machines/future-messages.js';
import type { AttemptInput, FailedAttempt } from '../machines/request-messages.js';
import { textFor } from './telemetry-text.js';
import type { TinkerError, TinkerErrorSummary } from '../types/errors.js';
import type { Severity } from '../types/telemetry.js';

/** What an event says, before it gets its id, its number and its time. */
export type TelemetryNews =
  | { readonly event: 'SESSION_START'; readonly severity: Severity }
  | { readonly event: 'SESSION_END'; readonly severity: Severity; readonly duration: string }
  | { readonly event: 'UNHANDLED_EXCEPTION'; readonly severity: Severity; readonly errorType: string; readonly errorMessage: string }
  | { readonly event: 'GENERIC_EVENT'; readonly severity: Severity; readonly eventName: string; readonly eventData: Readonly<Record<string, unknown>> };

type Hide = (text: string) => string;
type Fault = TinkerErrorSummary & { readonly cause?: unknown };

/**
 * An attempt to send a request that failed (wire protocol §8.2). Nothing while the account is blocked:
 * that is waited out in silence.
 */
export function attemptNews({ kind, seqId, retryCount }: AttemptInput, { error, verdict, elapsedMs }: FailedAttempt, hide: Hide): TelemetryNews[] {
  if (verdict === 'billing' || isTolerated(kind, error.status)) return [];
  const retries = verdict === 'transient';
  const name = kind === 'sample' ? 'RetryHandler.execute.exception' : 'InternalClientHolder.execute_with_retries.exception';
  const data = { request_type: kind, seq_id: seqId, attempt: retryCount + 1, should_retry: retries, elapsed_ms: Math.round(elapsedMs) };
  return [generic(name, retries || isUserError(error) ? 'WARNING' : 'ERROR', { ...data, ...factsOf(error, hide) })];
}

const pollNames = {
  status: 'APIFuture.result_async.api_status_error',
  connection: 'APIFuture.result_async.connection_error',
  application: 'APIFuture.result_async.application_error',
  validation: 'APIFuture.result_async.validation_error',
};

/** A poll that found no result: a failure of the operation, of the server, or of the way there (§8.2). */
export function pollNews({ requestId, iteration }: PollInput, outcome: PollOutcome, hide: Hide): TelemetryNews[] {
  if (outcome.kind !== 'failed' && outcome.kind !== 'unreachable' && outcome.kind !== 'doubtful') return [];
  const { error } = outcome;
  const [name, severity] = pollVerdict(error, outcome.kind === 'failed');
  return [generic(name, severity, { ...factsOf(error, hide), request_id: requestId, iteration, should_retry: outcome.kind !== 'failed' })];
}

function pollVerdict(error: TinkerError, isTerminal: boolean): readonly [string, Severity] {
  if (error.kind === 'requestFailed') return [pollNames.application, error.category === 'user' ? 'WARNING' : 'ERROR'];
  if (error.kind === 'malformedResponse') return [pollNames.validation, 'ERROR'];
  if (error.status === undefined) return [pollNames.connection, 'WARNING'];
  return [pollNames.status, isTerminal || error.status === 400 ? 'ERROR' : 'WARNING'];
}

/** An error that reached the caller (§8.2). Nothing when it is the caller who gave up. */
export function failureNews(error: Fault, hide: Hide): TelemetryNews[] {
  if (error.kind === 'cancelled') return [];
  if (isUserError(error)) return [generic('user_error', 'WARNING', factsOf(error, hide))];
  const errorMessage = textFor(error, hide);
  return [{ event: 'UNHANDLED_EXCEPTION', severity: 'ERROR', errorType: typeOf(error), errorMessage }];
}

/** Older servers have no settings to give, and are taken as they are. */
export function isTolerated(kind: string, status: number | undefined): boolean {
  return status === 404 && (kind === 'clientConfig' || kind === 'dynamicConfig');
}

/** Whether it is the caller's to mend (§6.7). */
function isUserError({ kind, category, status }: Fault): boolean {
  return kind === 'validation' || (kind === 'requestFailed' && category === 'user') || (status !== undefined && status >= 400 && status < 500 && status !== 408);
}

function generic(eventName: string, severity: Severity, eventData: Readonly<Record<string, unknown>>): TelemetryNews {
  return { event: 'GENERIC_EVENT', severity, eventName, eventData };
}

function factsOf(error: Fault, hide: Hide): Readonly<Record<string, unknown>> {
  return {
    error_type: typeOf(error),
    status_code: error.status,
    category: error.category,
    request_id: error.requestId,
    message: textFor(error, hide),
  };
}

function typeOf({ kind }: Fault): string {
  return `TinkerError.${kind}`;
}

const dayMs = 86_400_000;

/** A time span as Python writes it: `0:00:12.345000`, `1 day, 2:03:04`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const [days, rest] = [Math.floor(whole / dayMs), whole % dayMs];
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1000) % 60];
  const micros = rest % 1000 === 0 ? '' : `.${String(rest % 1000).padStart(3, '0')}000`;
  const dayText = days === 0 ? '' : `${days} day${days === 1 ? '' : 's'}, `;
  return `${dayText}${hours}:${two(minutes)}:${two(seconds)}${micros}`;
}
