import { isRecord } from '../types/check.js';
import { invalid } from '../types/errors.js';

/**
 * Refuses options that are no object, and names that no option has: a misspelt one would be ignored.
 * @throws TinkerError `validation` naming the option
 */
export function checkOptions(options: unknown, names: readonly string[], field = 'options'): void {
  if (!isRecord(options)) throw invalid(field, options, 'an object');
  const strange = Object.keys(options).find((name) => !names.includes(name));
  if (strange !== undefined) throw invalid(`${field}.${strange}`, options[strange], `one of the options ${names.join(', ')}`);
}
