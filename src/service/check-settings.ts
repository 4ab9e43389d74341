import { checkOptions } from '../calls/check-options.js';
import type { Environment } from '../machines/environment.js';
import { isRecord } from '../types/check.js';
import { invalid } from '../types/errors.js';
import type { UserMetadata } from '../types/ids.js';
import { checkJson } from '../types/json-value.js';

/** @throws TinkerError `validation` naming the part that is missing */
export function checkEnvironment(environment: Environment | undefined): Environment | undefined {
  if (environment === undefined) return undefined;
  checkOptions(environment, ['clock', 'now', 'random', 'uuid', 'wallNow', 'disk'], 'environment');
  for (const name of ['now', 'random', 'uuid'] as const) {
    if (typeof environment[name] !== 'function') throw invalid(`environment.${name}`, environment[name], 'a function');
  }
  checkFunction('environment.wallNow', environment.wallNow);
  const { disk } = environment;
  if (disk !== undefined && (typeof disk !== 'object' || typeof disk.lock !== 'function')) {
    throw invalid('environment.disk', disk, 'an object with the functions of JournalDisk');
  }
  const { clock } = environment;
  if (typeof clock !== 'object' || typeof clock.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function') {
    throw invalid('environment.clock', clock, 'an object with setTimeout and clearTimeout');
  }
  return environment;
}

export function checkFunction<F>(field: string, value: F | undefined): F | undefined {
  if (value !== undefined && typeof value !== 'function') throw invalid(field, value, 'a function');
  return value;
}

export function checkText(field: string, value: string | undefined): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw invalid(field, value, 'a non-empty string');
  return value;
}

/**
 * Checks a map of the user's own facts.
 * @throws TinkerError `validation` naming the first fact that JSON cannot carry
 */
export function checkMetadata(field: string, value: UserMetadata | undefined): UserMetadata | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw invalid(field, value, 'a plain object');
  checkJson(field, value);
  return value;
}

// Node runs a timer that is longer at once.
const longestTimer = 2 ** 31 - 1;

export function checkMs(field: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value > 0 && value <= longestTimer)) {
    throw invalid(field, value, `a number of milliseconds above 0, at most ${longestTimer}`);
  }
  return value;
}
