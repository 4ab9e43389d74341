import { and, not, or, stateIn } from 'xstate';

// Guards made of others are told apart by what checks them: a bundler may have changed their functions' names.
const checks = { not: checkOf(not('')), and: checkOf(and([])), or: checkOf(or([])), stateIn: checkOf(stateIn('')) };

/** A guard as people read it: its name, `not something is held`, `one and other`, `in alive.pulse`. */
export function guardText(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return functionText(guard);
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : inline;
}

const inline = 'a condition';

function functionText(guard: object & { readonly name: string }): string {
  switch (checkOf(guard)) {
    case checks.not:
      return `not ${partsOf(guard).join('')}`;
    case checks.and:
      return partsOf(guard).join(' and ');
    case checks.or:
      return partsOf(guard).join(' or ');
    case checks.stateIn:
      return `in ${placeText('stateValue' in guard ? guard.stateValue : '')}`;
    default:
      // A function that is written where it is used has the name of that place.
      return guard.name === '' || guard.name === 'guard' ? inline : guard.name;
  }
}

function checkOf(guard: object): unknown {
  return 'check' in guard ? guard.check : undefined;
}

function partsOf(guard: object): readonly string[] {
  const parts: readonly unknown[] = 'guards' in guard && Array.isArray(guard.guards) ? guard.guards : [];
  return parts.map((part) => (isJoined(part) ? `(${guardText(part)})` : guardText(part)));
}

/** A state as `stateIn` takes it: an id, or keys inside of keys. */
function placeText(place: unknown): string {
  if (typeof place !== 'object' || place === null) return String(place);
  return Object.entries(place).map(([key, below]) => `${key}.${placeText(below)}`).join(', ');
}

function isJoined(part: unknown): boolean {
  return typeof part === 'function' && [checks.and, checks.or].includes(checkOf(part));
}
