import { isRecord } from '../../../src/types/check.js';

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A result of either client in one form: names in snake_case, times in ISO 8601 by the millisecond, and nothing where
 * there is None or undefined, or a field is `without`.
 */
export function asPython(value: unknown, without: readonly string[] = []): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return isoTime.test(value) ? new Date(value).toISOString() : value;
  if (Array.isArray(value)) return value.map((each) => asPython(each, without));
  if (!isRecord(value)) return value;
  const named = Object.entries(value).map(([name, field]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), field] as const);
  const kept = named.filter(([name, field]) => field !== undefined && field !== null && !without.includes(name));
  return Object.fromEntries(kept.map(([name, field]) => [name, asPython(field, without)]));
}
