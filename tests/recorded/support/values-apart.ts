import { isRecord } from '../../../src/types/check.js';

/** A place in which two values differ. */
export interface Apart {
  /** As a JSON pointer. */
  readonly at: string;
  /** What stands there, as JSON; undefined when there is nothing. */
  readonly one: string | undefined;
  readonly other: string | undefined;
}

/** Where two values differ, as deep inside as can be told. */
export function valuesApart(one: unknown, other: unknown, at = ''): Apart[] {
  const fields = fieldsOf(one);
  const others = fieldsOf(other);
  const alike = Array.isArray(one) === Array.isArray(other) && (!Array.isArray(one) || fields?.size === others?.size);
  if (fields === undefined || others === undefined || !alike) {
    const [text, otherText] = [textOf(one), textOf(other)];
    return text === otherText ? [] : [{ at, one: text, other: otherText }];
  }
  const names = [...new Set([...fields.keys(), ...others.keys()])];
  return names.flatMap((name) => valuesApart(fields.get(name), others.get(name), `${at}/${name}`));
}

function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  return Array.isArray(value) || isRecord(value) ? new Map(Object.entries(value)) : undefined;
}

function textOf(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}
