import { and, not, or, stateIn } from 'xstate';
import { isRecord } from '../types/check.js';

// Guards made of others are told apart by what checks them: a bundler may have changed their functions' names.
const checks = { not: detailOf(not(''), 'check'), and: detailOf(and([]), 'check'), or: detailOf(or([]), 'check'), stateIn: detailOf(stateIn(''), 'check') };

/** A guard as people read it: its name, `not something is held`, `one and other`, `in alive.pulse`. */
export function guardText(guard: unknown): string {
  if (typeof guard === 'function') return functionText(guard);
  return String(isRecord(guard) ? guard['type'] : guard);
}

function functionText(guard: object & { readonly name: string }): string {
  switch (detailOf(guard, 'check')) {
    case checks.not:
      return `not ${partsOf(guard).join('')}`;
    case checks.and:
      return partsOf(guard).join(' and ');
    case checks.or:
      return partsOf(guard).join(' or ');
    case checks.stateIn:
      return `in ${placeText(detailOf(guard, 'stateValue'))}`;
    default:
      // A function that is written where it is used has the name of that place.
      return guard.name === '' || guard.name === 'guard' ? 'a condition' : guard.name;
  }
}

function partsOf(guard: object): readonly string[] {
  return [detailOf(guard, 'guards')].flat().map((part) => (isJoined(part) ? `(${guardText(part)})` : guardText(part)));
}

function isJoined(part: unknown): boolean {
  return typeof part === 'function' && [checks.and, checks.or].includes(detailOf(part, 'check'));
}

/** A state as `stateIn` takes it: an id, or keys inside of keys. */
function placeText(place: unknown): string {
  return isRecord(place) ? Object.entries(place).map(([key, below]) => `${key}.${placeText(below)}`).join(', ') : String(place);
}

function detailOf(guard: object, name: string): unknown {
  return Reflect.get(guard, name);
}
