import { isRecord } from '../types/check.js';
import { invalid, TinkerError } from '../types/errors.js';

/**
 * Refuses options that are no object, and names that no option has: a misspelt one would be ignored.
 * @throws TinkerError `validation` naming the option
 */
export function checkOptions(options: unknown, names: readonly string[], field = 'options'): void {
  if (!isRecord(options)) throw invalid(field, options, 'an object');
  const strange = Object.keys(options).find((name) => !names.includes(name));
  if (strange === undefined) return;
  // What was given is not shown: under a misspelt name it may be a key.
  const message = `${field}.${strange}: there is no such option; the options are ${names.join(', ')}`;
  throw new TinkerError('validation', message, { field: `${field}.${strange}` });
}
