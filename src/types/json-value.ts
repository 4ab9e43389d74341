import { isRecord } from './check.js';
import { invalid } from './errors.js';

const allowed = 'what JSON can carry: text, a finite number, true, false, null, an array or a plain object';
const deepest = 32;

/**
 * Checks that a value goes through JSON unchanged. Fields of objects may be undefined: they are left out.
 * @throws TinkerError `validation` naming the place, for example `userMetadata.tags[1]`
 */
export function checkJson(at: string, value: unknown, depth = 0): void {
  if (depth > deepest) throw invalid(at, value, `a value of at most ${deepest} levels that does not hold itself`);
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) checkJson(`${at}[${index}]`, element, depth + 1);
  } else if (isRecord(value)) {
    for (const [name, field] of Object.entries(value)) {
      if (field !== undefined) checkJson(`${at}.${name}`, field, depth + 1);
    }
  } else if (value !== null && typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) {
    throw invalid(at, value, allowed);
  }
}
