import * as E from 'fp-ts/lib/Either.js';
import { checkOptions, orThrow } from '../calls/check-options.js';
import { AccessScope } from '../types/access.js';
import type { CheckpointAddress } from '../types/checkpoint-admin.js';
import { parseDateTime } from '../types/date-time.js';
import { invalid } from '../types/errors.js';
import { checkTtlSeconds, parseCheckpointPath, type ParsedCheckpointPath } from '../types/ids.js';
import type { WaitOptions } from '../calls/wait.js';

/** What every call of this kind says about the things it is asked for. */
export interface ScopeOptions extends WaitOptions {
  /** Whose things: `owned`, the default, are the caller's; `accessible` are all that the caller may see. */
  readonly accessScope?: AccessScope | undefined;
}

/**
 * Checks the names of a call's options.
 * @returns the limits alone, as calls of the runtime take them
 * @throws TinkerError `validation` naming the option
 */
export function limitsOf(options: WaitOptions, others: readonly string[] = []): WaitOptions {
  checkOptions(options, [...others, 'signal', 'timeoutMs']);
  const { signal, timeoutMs } = options;
  return { signal, timeoutMs };
}

const segment = /^(?!\.{1,2}$)[\x21-\x2e\x30-\x7e]+$/;

/** Checks an id that becomes one part of a path. */
export function checkId(field: string, value: unknown): string {
  if (typeof value === 'string' && segment.test(value)) return value;
  throw invalid(field, value, 'an id: printable ASCII characters without spaces and "/", neither "." nor ".."');
}

/**
 * Checks the id of a checkpoint together with that of its run. The kind is never guessed: a bare name can
 * be that of a training checkpoint and of a sampler checkpoint at once.
 */
export function addressOf(trainingRunId: unknown, checkpointId: unknown): CheckpointAddress {
  const run = checkId('trainingRunId', trainingRunId);
  const parsed = parseCheckpointPath(`tinker://${run}/${String(checkpointId)}`);
  if (typeof checkpointId === 'string' && E.isRight(parsed)) return addressOfParsed(parsed.right);
  throw invalid('checkpointId', checkpointId, 'weights/NAME or sampler_weights/NAME, as listCheckpoints and parseCheckpointPath give it');
}

const twoParts = /^(tinker:\/\/[^/]+)\/([^/]+)$/;

/**
 * Takes a checkpoint path of either kind. One of two parts, `tinker://RUN/NAME`, is what some self-hosted
 * servers answer to a save for sampling, so it names a sampler checkpoint.
 */
export function parsePath(path: unknown): ParsedCheckpointPath {
  const whole = typeof path === 'string' ? path.replace(twoParts, '$1/sampler_weights/$2') : path;
  const parsed = parseCheckpointPath(whole, 'tinkerPath');
  // What is refused is told as it was given.
  return orThrow(E.isRight(parsed) ? parsed : parseCheckpointPath(path, 'tinkerPath'));
}

/** The address of the checkpoint that a path names. */
export function addressOfPath(path: unknown): CheckpointAddress {
  return addressOfParsed(parsePath(path));
}

function addressOfParsed({ trainingRunId, checkpointType, name }: ParsedCheckpointPath): CheckpointAddress {
  return { trainingRunId, kind: checkpointType === 'training' ? 'weights' : 'sampler_weights', name };
}

/** Checks an optional whole number. */
export function checkCount(field: string, value: unknown, fallback: number, least: number): number {
  const count = value ?? fallback;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= least) return count;
  throw invalid(field, value, `a whole number, ${least} or more`);
}

/** Checks whose things are asked for. */
export function checkScope(scope: unknown = 'owned'): AccessScope {
  if (AccessScope.is(scope)) return scope;
  throw invalid('accessScope', scope, '"owned" or "accessible"');
}

/** Checks a time to live; null keeps the checkpoint. */
export function checkTtlOrNull(ttlSeconds: unknown): number | null {
  if (ttlSeconds === null) return null;
  const checked = checkTtlSeconds(ttlSeconds);
  if (E.isRight(checked) && checked.right !== undefined) return checked.right;
  throw invalid('ttlSeconds', ttlSeconds, 'a whole number of seconds from now, 1 to 100 years, or null to keep the checkpoint for good');
}

const zoned = /(Z|[+-]\d{2}:\d{2})$/i;

/** Checks a moment: a date, or RFC 3339 text, whose zone is part of it. */
export function checkMoment(field: string, value: unknown): Date {
  const date = typeof value === 'string' && zoned.test(value) ? parseDateTime(value) : value;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
  throw invalid(field, value, 'a Date or RFC 3339 text such as 2026-07-13T00:00:00Z');
}

/** Checks a day of the calendar. */
export function checkDay(day: unknown): string | undefined {
  if (day === undefined) return undefined;
  const date = typeof day === 'string' ? parseDateTime(`${day}T00:00:00Z`) : undefined;
  // What the calendar does not have, such as a 31st of April, reads as a day of the next month.
  if (typeof day === 'string' && date?.toISOString().startsWith(day) === true) return day;
  throw invalid('day', day, 'a day as YYYY-MM-DD, in UTC');
}
