import { describe, expect, it } from '@jest/globals';
import { attemptNews, durationText, failureNews, pollNews } from '../../src/telemetry/telemetry-events.js';
import { TinkerError, type TinkerErrorDetails, type TinkerErrorKind } from '../../src/types/errors.js';
import type { FailedAttempt } from '../../src/machines/request-messages.js';

const hide = (text: string) => text.replaceAll('hush', '[key]');
const failed = (error: TinkerError, verdict: FailedAttempt['verdict']): FailedAttempt => ({
  kind: 'failed',
  error,
  verdict,
  mayBeTaken: true,
  retryAfterMs: undefined,
  elapsedMs: 12.4,
  jitter: 0,
});
const error = (kind: TinkerErrorKind, details: TinkerErrorDetails = {}) => new TinkerError(kind, `${kind} hush`, details);

describe('attemptNews', () => {
  const input = { key: 'k', part: 0, kind: 'optimStep', seqId: 7, retryCount: 2 };

  it('says which request failed how', () => {
    expect(attemptNews(input, failed(error('connection'), 'transient'), hide)).toEqual([
      {
        event: 'GENERIC_EVENT',
        severity: 'WARNING',
        eventName: 'InternalClientHolder.execute_with_retries.exception',
        eventData: {
          request_type: 'optimStep',
          seq_id: 7,
          attempt: 3,
          should_retry: true,
          elapsed_ms: 12,
          error_type: 'TinkerError.connection',
          status_code: undefined,
          category: undefined,
          request_id: undefined,
          message: 'connection [key]',
        },
      },
    ]);
  });

  it.each([
    ['that is repeated', error('http', { status: 503 }), 'transient', 'WARNING'],
    ["that is the user's to mend", error('http', { status: 404 }), 'definite', 'WARNING'],
    ['that nobody can mend', error('http', { status: 501 }), 'definite', 'ERROR'],
    ['that timed out on the server', error('http', { status: 408 }), 'definite', 'ERROR'],
  ] as const)('grades one %s', (_, cause, verdict, severity) => {
    expect(attemptNews(input, failed(cause, verdict), hide)).toMatchObject([{ severity }]);
  });

  it.each(['clientConfig', 'dynamicConfig'])('says nothing of a server without %s', (kind) => {
    expect(attemptNews({ ...input, kind }, failed(error('http', { status: 404 }), 'definite'), hide)).toEqual([]);
    expect(attemptNews({ ...input, kind }, failed(error('http', { status: 500 }), 'transient'), hide)).toHaveLength(1);
  });

  it('names attempts to sample as Python does, and says nothing of billing', () => {
    expect(attemptNews({ ...input, kind: 'sample' }, failed(error('http', { status: 429 }), 'transient'), hide)).toMatchObject([
      { eventName: 'RetryHandler.execute.exception' },
    ]);
    expect(attemptNews(input, failed(error('billing', { status: 402 }), 'billing'), hide)).toEqual([]);
  });
});

describe('pollNews', () => {
  const input = { key: 'k', part: 0, requestId: 'r', iteration: 4, allowMetadataOnly: true };
  const unreachable = (cause: TinkerError) => ({ kind: 'unreachable', error: cause, retryAfterMs: undefined, elapsedMs: 1, jitter: 0 }) as const;
  const doubtful = (cause: TinkerError) => ({ kind: 'doubtful', error: cause, jitter: 0 }) as const;
  const over = (cause: TinkerError) => ({ kind: 'failed', error: cause }) as const;

  it.each([
    ['no connection', unreachable(error('connection')), 'connection_error', 'WARNING'],
    ['a failing server', unreachable(error('http', { status: 502 })), 'api_status_error', 'WARNING'],
    ["a proxy's 400", doubtful(error('http', { status: 400 })), 'api_status_error', 'ERROR'],
    ['a 404 after a time-out', doubtful(error('http', { status: 404 })), 'api_status_error', 'WARNING'],
    ['a refusal', over(error('http', { status: 403 })), 'api_status_error', 'ERROR'],
    ['a result that is gone', over(error('promiseExpired', { status: 410 })), 'api_status_error', 'ERROR'],
    ["a failure that is the user's", over(error('requestFailed', { category: 'user' })), 'application_error', 'WARNING'],
    ["a failure that is the server's", over(error('requestFailed', { category: 'server' })), 'application_error', 'ERROR'],
    ['an answer that is no result', doubtful(error('malformedResponse', { status: 200 })), 'validation_error', 'ERROR'],
  ] as const)('names %s', (_, outcome, name, severity) => {
    expect(pollNews(input, outcome, hide)).toMatchObject([
      {
        event: 'GENERIC_EVENT',
        severity,
        eventName: `APIFuture.result_async.${name}`,
        eventData: { request_id: 'r', iteration: 4, should_retry: outcome.kind !== 'failed' },
      },
    ]);
  });

  it('says nothing of what is no failure, and nothing of billing', () => {
    expect(pollNews(input, { kind: 'pending', queueState: 'paused_capacity', reason: undefined }, hide)).toEqual([]);
    expect(pollNews(input, { kind: 'ready', downloadMs: 1 }, hide)).toEqual([]);
    expect(pollNews(input, { kind: 'billing', error: error('billing', { status: 402 }) }, hide)).toEqual([]);
  });
});

describe('failureNews', () => {
  it.each([
    ['a refusal', error('http', { status: 409 })],
    ["an operation that failed by the user's fault", error('requestFailed', { category: 'user' })],
    ['a bad argument', error('validation')],
  ])('calls %s a user error', (_, cause) => {
    expect(failureNews(cause, hide)).toMatchObject([{ event: 'GENERIC_EVENT', eventName: 'user_error', severity: 'WARNING' }]);
  });

  it('calls all else an exception', () => {
    expect(failureNews(error('http', { status: 500 }), hide)).toEqual([
      { event: 'UNHANDLED_EXCEPTION', severity: 'ERROR', errorType: 'TinkerError.http', errorMessage: 'http [key]' },
    ]);
    expect(failureNews(error('requestFailed', { category: 'unknown' }), hide)).toMatchObject([{ event: 'UNHANDLED_EXCEPTION' }]);
    expect(failureNews(error('http', { status: 408 }), hide)).toMatchObject([{ event: 'UNHANDLED_EXCEPTION' }]);
  });

  it('says nothing of what was cancelled', () => {
    expect(failureNews(error('cancelled'), hide)).toEqual([]);
  });
});

describe('durationText', () => {
  it.each([
    [0, '0:00:00'],
    [12_345, '0:00:12.345000'],
    [12_005.4, '0:00:12.005000'],
    [3_723_000, '1:02:03'],
    [90_061_000, '1 day, 1:01:01'],
    [172_800_000, '2 days, 0:00:00'],
    [-1, '0:00:00'],
  ])('writes %d ms as Python does', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
